import CImaging
import Glibc

extension Image {
  /// Reads a JPEG file, baseline or progressive: grey stays one channel, four inks become red, green and blue. The
  /// picture is turned as its EXIF data says; colour profiles are not applied.
  public init(jpegData bytes: [UInt8]) throws {
    var decoded = ci_image()
    try withMessage(from: "JPEG") { message, size in
      ci_jpeg_read(bytes, bytes.count, &decoded, message, size)
    }
    defer { free(decoded.samples) }
    try self.init(decoded, format: "JPEG")
  }

  /// Reads a picture in one of the formats that are known: PNG and JPEG.
  ///
  /// - Throws: `ImagingError` that says what the bytes are, where they are something else.
  public init(data bytes: [UInt8]) throws {
    switch PictureFormat(bytes) {
    case .png: try self.init(pngData: bytes)
    case .jpeg: try self.init(jpegData: bytes)
    case .other(let name): throw ImagingError("\(name): only PNG and JPEG pictures are read")
    }
  }
}

/// What a file of a picture is, by its first bytes.
enum PictureFormat: Equatable {
  case png, jpeg
  /// In words.
  case other(String)

  init(_ bytes: [UInt8]) {
    func starts(_ text: String, at place: Int = 0) -> Bool {
      bytes.dropFirst(place).starts(with: text.utf8)
    }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8]) {
      self = .jpeg
    } else if bytes.isEmpty {
      self = .other("an empty file")
    } else if starts("GIF8") {
      self = .other("a GIF")
    } else if starts("RIFF"), starts("WEBP", at: 8) {
      self = .other("a WebP picture")
    } else if starts("BM") {
      self = .other("a BMP picture")
    } else if starts("II*\0") || starts("MM\0*") {
      self = .other("a TIFF picture")
    } else if starts("ftyp", at: 4) {
      self = .other("a picture or film in an ISO container (HEIC, AVIF, MP4)")
    } else if starts("<svg") || starts("<?xml") {
      self = .other("an SVG or XML document")
    } else if starts("<!DOCTYPE") || starts("<html") {
      self = .other("a web page")
    } else {
      self = .other("not a picture")
    }
  }
}
