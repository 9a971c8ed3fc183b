import CZlib
import Platform
import Tensor

/// Pictures one after the other, as an animated PNG (APNG 1.0): a PNG file whose first frame is what programs show that do
/// not know of the others.
public struct Animation {
  public let frames: [Image]
  /// Seconds for which each frame stands.
  public let delay: Double
  /// How often it runs; 0 for ever.
  public let loops: Int

  public init(_ frames: [Image], delay: Double = 0.1, loops: Int = 0) throws {
    guard let first = frames.first else { throw ImagingError("an animation needs at least one image") }
    for (index, frame) in frames.enumerated() {
      guard frame.width == first.width, frame.height == first.height else {
        throw ImagingError(
          "the images of an animation need one size; image \(index + 1) has \(frame.width) × \(frame.height), "
            + "the first \(first.width) × \(first.height)")
      }
    }
    guard delay.isFinite, delay >= 0.001, delay <= 60 else {
      throw ImagingError("a delay of 0.001 to 60 seconds expected, got \(delay)")
    }
    guard (0...Int(Int32.max)).contains(loops) else {
      throw ImagingError("an animation runs 0 times (for ever) or more, got \(loops)")
    }
    self.delay = delay
    self.loops = loops
    // The frames of a file share one format.
    let isUniform = frames.allSatisfy { $0.channels == first.channels }
    self.frames = isUniform ? frames : try frames.map { try $0.rgb() }
  }

  /// The file: the same bytes for the same pictures.
  public func pngData() throws -> [UInt8] {
    var file = PNGChunks.signature
    var sequence: UInt32 = 0
    for (index, frame) in frames.enumerated() {
      let chunks = try PNGChunks(frame.pngData())
      if index == 0 {
        for chunk in chunks.header { PNGChunks.append(chunk.name, chunk.data, to: &file) }
        PNGChunks.append(
          "acTL", UInt32(frames.count).bigEndianBytes + UInt32(loops).bigEndianBytes, to: &file)
      }
      PNGChunks.append("fcTL", control(sequence, frame), to: &file)
      sequence += 1
      for data in chunks.pixels {
        if index == 0 {
          PNGChunks.append("IDAT", data, to: &file)
        } else {
          PNGChunks.append("fdAT", sequence.bigEndianBytes + data, to: &file)
          sequence += 1
        }
      }
    }
    PNGChunks.append("IEND", [], to: &file)
    return file
  }

  /// Writes the file; what was there stays until the new one is complete.
  public func write(to path: String) throws {
    try WholeFile.write(pngData(), to: path)
  }

  /// Size, place, delay in milliseconds; each frame replaces the one before.
  private func control(_ sequence: UInt32, _ frame: Image) -> [UInt8] {
    let milliseconds = UInt16((delay * 1000).rounded())
    return sequence.bigEndianBytes + UInt32(frame.width).bigEndianBytes + UInt32(frame.height).bigEndianBytes
      + [UInt8](repeating: 0, count: 8) + milliseconds.bigEndianBytes + UInt16(1000).bigEndianBytes + [0, 0]
  }
}

/// The parts of a PNG file that we wrote ourselves.
private struct PNGChunks {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// What stands before the pixels.
  private(set) var header: [(name: String, data: [UInt8])] = []
  private(set) var pixels: [[UInt8]] = []

  init(_ file: [UInt8]) throws {
    var rest = file.dropFirst(PNGChunks.signature.count)
    while rest.count >= 12 {
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard rest.count >= length + 12 else { throw ImagingError("PNG: a chunk is cut off") }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      let data = Array(rest.dropFirst(8).prefix(length))
      switch name {
      case "IDAT": pixels.append(data)
      case "IEND": return
      default: header.append((name, data))
      }
      rest = rest.dropFirst(length + 12)
    }
  }

  static func append(_ name: String, _ data: [UInt8], to file: inout [UInt8]) {
    file += UInt32(data.count).bigEndianBytes
    let checked = Array(name.utf8) + data
    file += checked
    let check = checked.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
    file += UInt32(truncatingIfNeeded: check).bigEndianBytes
  }
}

extension FixedWidthInteger {
  fileprivate var bigEndianBytes: [UInt8] {
    withUnsafeBytes(of: bigEndian) { Array($0) }
  }
}
