import Foundation
import Imaging
import Platform
import Tensor
import Testing

@Suite struct PNGTests {
  struct Expected: Decodable {
    let shape: [Int]
    let largest: Float
    let values: [Float]
  }

  @Test func readsEveryKind() throws {
    let files = try Goldens.json([String: Expected].self, "png.json")
    #expect(files.count == 17)
    for (name, expected) in files {
      let image = try Image(pngData: Goldens.bytes("\(name).png"))
      #expect(image.tensor.shape == expected.shape, "\(name)")
      #expect(image.tensor.toArray() == expected.values.map { $0 / expected.largest }, "\(name)")
    }
  }

  @Test(arguments: [1, 3, 4]) func writesWhatItReads(_ channels: Int) throws {
    let image = try Image(Goldens.noise([9, 7, channels], seed: 5))
    let bytes = try image.pngData()
    #expect(try Image(pngData: bytes).tensor.toArray() == image.tensor.toArray())
    #expect(try image.pngData() == bytes)
  }

  @Test func clampsAndRounds() throws {
    let values: [Float] = [-1, 0, 0.5 / 255, 0.4999 / 255, 1, 7, .nan, .infinity, -.infinity, 127.5 / 255]
    #expect(try Image(Tensor(values, shape: [2, 5])).bytes() == [0, 0, 1, 0, 255, 255, 0, 255, 0, 128])
  }

  @Test func everyTruncationIsAnError() throws {
    for name in ["rgb8", "interlaced", "palette"] {
      let bytes = try Goldens.bytes("\(name).png")
      for count in 0..<bytes.count {
        #expect(throws: ImagingError.self, "\(name) cut to \(count)") {
          try Image(pngData: Array(bytes[..<count]))
        }
      }
    }
  }

  @Test func everyFlippedByteIsAnError() throws {
    let bytes = try Goldens.bytes("rgba8.png")
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x55
      #expect(throws: ImagingError.self, "byte \(index)") { try Image(pngData: damaged) }
    }
  }

  @Test func refusesWhatIsNoPNG() {
    #expect(throws: ImagingError("PNG: not a PNG file")) { try Image(pngData: Array("GIF89a, really".utf8)) }
    #expect(throws: ImagingError("PNG: not a PNG file")) { try Image(pngData: []) }
  }

  @Test(arguments: [
    (60_000, 60_000, "60000 x 60000 pixels are too many (at most 100 million)"),
    (9_000, 9_000, "the file ends too early"),
  ])
  func refusesAFewBytesThatClaimAHugePicture(_ width: UInt32, _ height: UInt32, _ message: String) throws {
    var bytes = try Goldens.bytes("rgb8.png")
    bytes.replaceSubrange(
      16..<24, with: [width, height].flatMap { n in (0..<4).map { UInt8(n >> (24 - 8 * $0) & 255) } })
    bytes.replaceSubrange(29..<33, with: (0..<4).map { UInt8(crc(bytes[12..<29]) >> (24 - 8 * $0) & 255) })
    #expect(throws: ImagingError("PNG: \(message)")) { try Image(pngData: bytes) }
  }

  @Test func namesTheFileThatCannotBeRead() {
    #expect(throws: FileError("/nowhere/x.png", .system(ENOENT))) {
      try Image(contentsOf: "/nowhere/x.png")
    }
  }

  private func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}
