import Foundation
import Imaging
import Tensor
import Testing

/// Pictures against Pillow, opened as diffusers' `load_image` does (Scripts/dev/goldens/imaging.py).
@Suite struct JPEGTests {
  struct Expected: Decodable {
    let shape: [Int]
    let values: [Float]
    /// Before the picture is turned.
    let luminance: [Float]
  }

  static let expected = (try? Goldens.json([String: Expected].self, "pictures.json")) ?? [:]
  static let names = expected.keys.sorted()

  @Test(arguments: names)
  func readsAsPillowDoes(name: String) throws {
    #expect(Self.names.count == 15)
    let expected = try #require(Self.expected[name])
    let image = try Image(contentsOf: Goldens.path(name))
    try #require(image.tensor.shape == expected.shape)
    let levels = image.tensor.toArray().map { ($0 * 255).rounded() }
    // The same transform in another version of the library: at most a level.
    let difference = zip(levels, expected.values).map { abs($0 - $1) }.max() ?? 255
    #expect(difference <= (name.hasSuffix(".png") ? 0 : 1), "\(name): \(difference)")
  }

  /// Masks are luminance: 0.299 R + 0.587 G + 0.114 B, of 256 levels; alpha counts for nothing.
  @Test(arguments: ["alpha.png", "colour444.jpg", "grey.jpg", "turned1.jpg"])
  func luminanceIsPillows(name: String) throws {
    let expected = try #require(Self.expected[name])
    let found = try Image(contentsOf: Goldens.path(name)).luminance().toArray().map { ($0 * 255).rounded() }
    #expect(found.count == expected.luminance.count)
    // A level of the decoder, and its rounding.
    let limit: Float = name.hasSuffix(".png") ? 0 : 2
    #expect(zip(found, expected.luminance).allSatisfy { abs($0 - $1) <= limit })
  }

  @Test func alphaIsDroppedForModels() throws {
    let image = try Image(contentsOf: Goldens.path("alpha.png"))
    #expect(image.channels == 4)
    let opaque = try image.opaque().tensor
    #expect(opaque.shape == [image.height, image.width, 3])
    #expect(opaque.toArray() == (try image.tensor.narrowed(2, start: 0, length: 3).contiguous().toArray()))
  }

  @Test(arguments: ["colour.jpg", "progressive.jpg", "grey.jpg", "inks.jpg", "turned6.jpg"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try Goldens.bytes(name)
    // The marker of the end may be missing: nothing is lost then.
    for count in 0..<bytes.count - 2 {
      #expect(throws: ImagingError.self, "\(name) cut to \(count)") {
        try Image(jpegData: Array(bytes[..<count]))
      }
    }
    #expect(throws: ImagingError("JPEG: the file ends too early")) {
      try Image(jpegData: Array(bytes[..<(bytes.count * 2 / 3)]))
    }
  }

  /// Damage is an error of one line or another picture, never a crash.
  @Test func flippedBytesAreSurvived() throws {
    var errors = 0
    for name in ["progressive.jpg", "inks.jpg"] {
      let bytes = try Goldens.bytes(name)
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= 0x55
        do { _ = try Image(jpegData: damaged) } catch {
          errors += 1
          #expect(!"\(error)".contains("\n"))
        }
      }
    }
    #expect(errors > 100)
  }

  /// A file of some hundred bytes that claims 60,000 × 60,000 pixels, or 9,000 × 9,000, is refused before memory is taken.
  @Test(arguments: [(60000, "3600"), (9000, "ends too early")])
  func claimsAreChecked(side: Int, part: String) throws {
    var bytes = try Goldens.bytes("colour.jpg")
    let frame = try #require((0..<bytes.count - 9).first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    for place in [5, 7] {
      (bytes[frame + place], bytes[frame + place + 1]) = (UInt8(side >> 8), UInt8(side & 0xFF))
    }
    let fault = #expect(throws: ImagingError.self) { try Image(jpegData: bytes) }
    let text = part == "3600" ? "60000 x 60000 pixels are too many (at most 100 million)" : part
    #expect(fault?.message.contains(text) == true, "\(fault?.message ?? "none")")
  }

  @Test(arguments: [
    ("GIF89a", "a GIF"), ("RIFF\0\0\0\0WEBPVP8 ", "a WebP picture"), ("BM\0\0", "a BMP picture"),
    ("II*\0", "a TIFF picture"),
    ("\0\0\0\u{18}ftypheic", "HEIC"), ("<svg>", "an SVG"), ("<!DOCTYPE html>", "a web page"),
    ("", "an empty file"),
    ("hello", "not a picture"),
  ])
  func otherFilesAreNamed(text: String, name: String) {
    let fault = #expect(throws: ImagingError.self) { try Image(data: Array(text.utf8)) }
    #expect(fault?.message.contains(name) == true)
    #expect(fault?.message.hasSuffix(": only PNG and JPEG pictures are read") == true)
  }
}
