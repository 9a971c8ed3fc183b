import Lua
import Tensor

extension Tensor {
  /// `x[2]`, `x[{ 2, {1, 3} }]`, and writing to them.
  static func describeIndexing(_ type: LuaType<Tensor>) throws {
    type.index { x, call in try x.indexed(call.tensorIndices(of: x)) }
    type.assignment { x, call in
      let part = try x.indexed(call.tensorIndices(of: x))
      let value = call.slot(2)
      if let number = value.number {
        try part.fill_(Float(number))
      } else if value.kind == .userdata {
        try part.copy(from: call[2])
      } else {
        do { try part.copy(from: NestedNumbers.read(value)) } catch let error as LuaMismatch {
          throw LuaArgumentError(2, "\(error)")
        }
      }
    }
  }
}

extension LuaCall {
  /// The key between the brackets: a number, or a list with a number, a range `{first, last}` or `{}` for each dimension.
  func tensorIndices(of tensor: Tensor) throws -> [TensorIndex] {
    let key = slot(1)
    do {
      guard key.kind == .table else { return [try Self.tensorIndex(key, of: tensor.shape, dim: 0)] }
      return try (0..<key.count).map { dim in
        try key.withItem(dim + 1) { try Self.tensorIndex($0, of: tensor.shape, dim: dim) }
      }
    } catch let error as LuaMismatch { throw LuaArgumentError(1, "\(error)") }
  }

  private static func tensorIndex(_ slot: LuaSlot, of shape: [Int], dim: Int) throws -> TensorIndex {
    guard shape.indices.contains(dim) else {
      throw LuaMismatch("at most \(shape.count) indices expected for a tensor \(Shape.text(shape))")
    }
    let size = shape[dim]
    if let index = slot.integer {
      guard let place = place(index, of: size) else {
        throw LuaMismatch(
          "index \(index) is out of range for dimension \(dim + 1) of a tensor \(Shape.text(shape))")
      }
      return .at(place)
    }
    guard slot.kind == .table else { throw LuaMismatch(expected: "integer, {first, last} or {}", got: slot) }
    let ends: [Int] = try .read(slot)
    if ends.isEmpty { return .all }
    guard ends.count == 2 else {
      throw LuaMismatch("{first, last} or {} expected for dimension \(dim + 1), got \(Shape.text(ends))")
    }
    // The range that ends before its beginning is empty: what is left after the last element, say.
    let first = ends[0] == size &+ 1 ? size : place(ends[0], of: size)
    let last = ends[1] == ends[0] &- 1 ? first.map { $0 - 1 } : place(ends[1], of: size)
    guard let first, let last, last >= first - 1 else {
      throw LuaMismatch(
        "range \(Shape.text(ends)) leaves dimension \(dim + 1) of a tensor \(Shape.text(shape))")
    }
    return .range(first..<last + 1)
  }
}
