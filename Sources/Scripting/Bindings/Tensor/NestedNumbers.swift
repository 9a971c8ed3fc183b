import Lua
import Tensor

/// Reads nested Lua tables of numbers as one tensor; tensors among them count as the tables they could be.
struct NestedNumbers {
  private let shape: [Int]
  private let target: Tensor
  private var written = 0

  /// - Throws: `LuaMismatch` for ragged tables, for anything that is not a number, and for tables nested deeper than a tensor
  ///   has dimensions (or within themselves).
  static func read(_ slot: LuaSlot) throws -> Tensor {
    if let number = slot.number { return try .scalar(Float(number)) }
    if slot.kind == .userdata { return try Tensor.read(slot).clone() }
    guard slot.kind == .table else { throw LuaMismatch(expected: "nested list of numbers", got: slot) }
    var reader = try NestedNumbers(shape: shape(slot, depth: 0))
    try reader.fill(slot, dim: 0, path: "")
    return reader.target
  }

  private init(shape: [Int]) throws {
    self.shape = shape
    target = try .uninitialized(shape)
  }

  /// The shape that the first entry of each level leads to.
  private static func shape(_ slot: LuaSlot, depth: Int) throws -> [Int] {
    guard depth <= Shape.maximumRank else {
      throw LuaMismatch("tables nested at most \(Shape.maximumRank) deep expected")
    }
    if slot.kind == .userdata { return try Tensor.read(slot).shape }
    guard slot.kind == .table else { return [] }
    let count = slot.count
    guard count > 0 else {
      try slot.forEachPair { key, _ in
        throw LuaMismatch("list of numbers expected, got a table with [\(key.described)]")
      }
      return [0]
    }
    return try [count] + slot.withItem(1) { try shape($0, depth: depth + 1) }
  }

  private mutating func fill(_ slot: LuaSlot, dim: Int, path: String) throws {
    let expected = Array(shape[dim...])
    func complaint(_ found: String) -> LuaMismatch {
      let wanted =
        expected.isEmpty ? "number" : expected.count == 1 ? "\(expected[0]) numbers" : Shape.text(expected)
      return LuaMismatch("\(wanted) expected\(path.isEmpty ? "" : " at \(path)"), got \(found)")
    }
    switch slot.kind {
    case .number where expected.isEmpty:
      try write([Float(slot.number ?? 0)])
    case .userdata:
      let tensor = try Tensor.read(slot)
      guard tensor.shape == expected else { throw complaint("a tensor \(Shape.text(tensor.shape))") }
      guard !tensor.requiresGradient || !Gradients.areRecorded else {
        throw LuaMismatch(
          "a table\(path.isEmpty ? "" : " at \(path)") with a tensor that requires a gradient would lose it; "
            + "stack or cat joins tensors")
      }
      try write(tensor.elements())
    case .table where !expected.isEmpty:
      try slot.state.checkInterrupt()
      guard slot.count == expected[0] else { throw complaint("\(slot.count)") }
      for position in 0..<expected[0] {
        try slot.withItem(position + 1) { try fill($0, dim: dim + 1, path: "\(path)[\(position + 1)]") }
      }
    default: throw complaint(slot.described)
    }
  }

  /// The shape is checked at every level, so that there is room.
  private mutating func write(_ values: [Float]) throws {
    let start = written
    try target.withUnsafeMutableBuffer { buffer in
      for (offset, value) in values.enumerated() { buffer[start + offset] = value }
    }
    written += values.count
  }
}
