import Encoding
import Tensor
import Testing

@testable import Models

/// CLIP's resizing against Pillow's, level by level.
struct ResizeFilterTests {
  /// As in the golden's script.
  private static func picture(_ height: Int, _ width: Int) throws -> Tensor {
    let levels = (0..<height * width * 3).map { (index: Int) -> Float in
      let level = (7 * index + 37) * index % 1009 % 256
      return Float(level)
    }
    return try Tensor(levels, shape: [height, width, 3]).dividing(255)
  }

  @Test func everyLevelIsPillows() throws {
    let cases = try JSON(file: Goldens.path("resizing.json")).array ?? []
    #expect(cases.count == 24)
    for golden in cases {
      let from = (golden["from"]?.array ?? []).compactMap(\.int)
      let to = (golden["to"]?.array ?? []).compactMap(\.int)
      let filter: ResizeFilter = golden["filter"]?.string == "bilinear" ? .bilinear : .bicubic
      let resized = try filter.resize(Self.picture(from[0], from[1]), height: to[0], width: to[1])
      let levels = try resized.multiplying(255).toArray().map { Int($0.rounded()) }
      let digits = Array((golden["levels"]?.string ?? "").utf8)
      let expected = stride(from: 0, to: digits.count, by: 2).compactMap {
        Int(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
      }
      #expect(levels == expected, "\(filter) \(from) to \(to)")
    }
  }

  /// A picture of one row keeps its shape while its short edge grows: what takes more room than there is, is an error.
  @Test func extremeShapesAreErrors() throws {
    let line = try Tensor.zeros([1, 1 << 24, 3])
    #expect(throws: TensorError.self) { try ImagePreprocessor(imageSize: 224)(line) }
    #expect(throws: TensorError.self) { try ImagePreprocessor(imageSize: 224)(line.permuted([1, 0, 2])) }
    #expect(throws: TensorError.self) { try ResizeFilter.bicubic.resize(line, height: 1 << 40, width: 1) }
  }
}
