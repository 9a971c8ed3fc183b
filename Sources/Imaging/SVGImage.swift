import CImaging
import Glibc
import Platform

extension Image {
  /// An SVG document as pixels, RGBA on nothing.
  ///
  /// - Parameter scale: pixels per CSS pixel.
  /// - Throws: `ImagingError` for a picture that would be empty or too large, or where librsvg is not installed.
  public init(svg text: String, scale: Double = 1) throws {
    let document = Array(text.utf8)
    var drawn = ci_image()
    try withMessage(from: "SVG") { message, size in
      ci_svg_draw(document, document.count, scale, &drawn, message, size)
    }
    defer { free(drawn.samples) }
    try self.init(drawn, format: "SVG")
  }
}

/// The library that draws SVG documents, opened when it is first needed.
public enum SVGLibrary {
  /// Name and version: `librsvg 2.54.7`.
  ///
  /// - Throws: `ImagingError` where it is not installed.
  public static func version() throws -> String {
    var parts: [Int32] = [0, 0, 0]
    try withMessage(from: "SVG") { message, size in ci_svg_version(&parts, message, size) }
    return "librsvg " + parts.map(String.init).joined(separator: ".")
  }
}

public enum PDF {
  /// An SVG document as a PDF file of one page, with its text as text.
  ///
  /// - Throws: `ImagingError` for a document without a size, or where librsvg is not installed.
  public static func data(svg text: String) throws -> [UInt8] {
    let document = Array(text.utf8)
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    try withMessage(from: "PDF") { message, size in
      ci_svg_pdf(document, document.count, &bytes, &count, message, size)
    }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Writes it; what was there stays until the new file is complete.
  public static func write(svg text: String, to path: String) throws {
    try WholeFile.write(data(svg: text), to: path)
  }
}
