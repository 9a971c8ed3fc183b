import CImaging
import Glibc
import Tensor

extension Image {
  /// Reads a PNG file: 1 to 16 bits, grey, colour, palette, with or without alpha, interlaced or not.
  /// Grey stays one channel, grey with alpha becomes RGBA. Samples are divided by their largest value; colour
  /// profiles and gamma are not applied, an orientation in its EXIF data is.
  public init(pngData bytes: [UInt8]) throws {
    var decoded = ci_image()
    try withMessage(from: "PNG") { message, size in ci_png_read(bytes, bytes.count, &decoded, message, size) }
    defer { free(decoded.samples) }
    try self.init(decoded, format: "PNG")
  }

  /// The picture as a PNG file of 8 bits per sample: the same bytes for the same picture.
  public func pngData() throws -> [UInt8] {
    guard let height = UInt32(exactly: height), let width = UInt32(exactly: width) else {
      throw ImagingError("PNG: \(self.width) × \(self.height) pixels are too many")
    }
    try Room.check(tensor.count, bytes: 8, for: "a PNG of \(self.width) × \(self.height) pixels")
    var encoded: UnsafeMutablePointer<UInt8>?
    var count = 0
    try withMessage(from: "PNG") { message, size in
      ci_png_write(bytes(), width, height, UInt32(channels), &encoded, &count, message, size)
    }
    defer { free(encoded) }
    return Array(UnsafeBufferPointer(start: encoded, count: count))
  }
}

extension Image {
  /// The samples that a C function decoded, which stay the caller's.
  init(_ decoded: ci_image, format: String) throws {
    let shape = [Int(decoded.height), Int(decoded.width), Int(decoded.channels)]
    let count = shape.reduce(1, *)
    guard let samples = decoded.samples, decoded.bits == 8 || decoded.bits == 16 else {
      throw ImagingError("\(format): samples of \(decoded.bits) bits cannot be read")
    }
    let tensor = try Tensor.uninitialized(shape)
    try tensor.withUnsafeMutableBuffer { values in
      if decoded.bits == 8 {
        let source = samples.assumingMemoryBound(to: UInt8.self)
        for index in 0..<count { values[index] = Float(source[index]) / 255 }
      } else {
        let source = samples.assumingMemoryBound(to: UInt16.self)
        for index in 0..<count { values[index] = Float(source[index]) / 65535 }
      }
    }
    try self.init(tensor.oriented(Int(decoded.orientation)))
  }
}

/// Runs a C function that returns 0 or leaves a message.
func withMessage(from format: String, _ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) throws {
  var message = [CChar](repeating: 0, count: 256)
  let status = message.withUnsafeMutableBufferPointer { buffer in
    buffer.baseAddress.map { body($0, buffer.count) } ?? 1
  }
  guard status == 0 else {
    let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    throw ImagingError("\(format): \(String(decoding: text, as: UTF8.self))")
  }
}
