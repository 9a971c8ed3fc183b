import Foundation
import Tensor

enum Goldens {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  static func json<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(bytes(name)))
  }

  /// The same numbers as in Scripts/dev/goldens/imaging.py.
  static func noise(_ shape: [Int], seed: UInt32) throws -> Tensor {
    var state = seed
    let values = (0..<shape.reduce(1, *)).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 24) / 255
    }
    return try Tensor(values, shape: shape)
  }
}
