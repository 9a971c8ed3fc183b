import Lua
import Tensor

extension Tensor {
  /// Other headers over the same storage, where a name does not say otherwise.
  static func describeViews(_ type: LuaType<Tensor>) throws {
    try type.method("view(sizes...)") { x, call in try x.viewed(call.sizes()) }
    try type.method("reshape(sizes...)") { x, call in try x.reshaped(call.sizes()) }
    try type.method("flatten()") { x, _ in try x.flattened() }
    try type.method("permute(dims...)") { x, call in
      let given = try call.sizes()
      guard given.map({ $0 > 0 ? $0 : $0 &+ x.rank &+ 1 }).sorted() == Array(1..<x.rank + 1) else {
        throw LuaArgumentError(
          1, "each dimension from 1 to \(x.rank) once expected, got \(Shape.text(given))")
      }
      return try x.permuted(given.map { $0 > 0 ? $0 - 1 : $0 })
    }
    try type.method("t()") { x, _ in
      guard x.rank == 2 else {
        throw LuaArgumentError(
          0, "2-d tensor expected, got \(Shape.text(x.shape)); transpose(a, b) names dimensions")
      }
      return try x.transposed(0, 1)
    }
    try type.method("transpose(a, b)") { x, call in
      try x.transposed(call.dimension(1, rank: x.rank), call.dimension(2, rank: x.rank))
    }
    try type.method("narrow(dim, start, length)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      let (start, length): (Int, Int) = (try call[2], try call[3])
      let size = x.shape[dim]
      guard let first = start == size &+ 1 ? size : place(start, of: size) else {
        throw LuaArgumentError(2, "index from 1 to \(size) expected, got \(start)")
      }
      guard length >= 0, length <= size - first else {
        throw LuaArgumentError(3, "length from 0 to \(size - first) expected, got \(length)")
      }
      return try x.narrowed(dim, start: first, length: length)
    }
    try type.method("select(dim, index)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      let index: Int = try call[2]
      guard let place = place(index, of: x.shape[dim]) else {
        throw LuaArgumentError(2, "index from 1 to \(x.shape[dim]) expected, got \(index)")
      }
      return try x.selected(dim, place)
    }
    try type.method("unsqueeze(dim)") { x, call in try x.unsqueezed(call.dimension(1, rank: x.rank + 1)) }
    try type.method("squeeze(dim?)") { x, call in
      if call.slot(1).isNothing { return x.squeezed() }
      let dim = try call.dimension(1, rank: x.rank)
      return x.shape[dim] == 1 ? try x.squeezed(dim) : x
    }
    try type.method("expand(sizes...)") { x, call in try x.expanded(call.sizes()) }
    try type.method("split(length, dim?)") { x, call in
      let length: Int = try call[1]
      guard length > 0 else { throw LuaArgumentError(1, "length of at least 1 expected, got \(length)") }
      return try x.split(length, dim: call.dimension(2, rank: x.rank, default: 0))
    }
    try type.method("contiguous()") { x, _ in try x.contiguous() }
    try type.method("clone()") { x, _ in try x.clone() }
    try type.method("tile(counts...)") { x, call in try x.tiled(call.sizes()) }
  }

  /// Elements picked by index: copies.
  static func describePicking(_ type: LuaType<Tensor>) throws {
    try type.method("index_select(dim, index)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      return try x.gathered(dim, call.indices(2, size: x.shape[dim]))
    }
    try type.method("gather(dim, index)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      let index: Tensor = try call[2]
      let places = try call.indices(2, size: x.shape[dim])
      return try x.taken(along: dim, Tensor(places.map { Float($0) }, shape: index.shape))
    }
    try type.method("where(condition, other)") { x, call in
      try x.selected(where: call[1], else: call.argument(2, as: Operand.self).asTensor())
    }
  }
}

extension Operand {
  /// A number as a 0-d tensor.
  func asTensor() throws -> Tensor {
    switch self {
    case .number(let value): try .scalar(value)
    case .tensor(let tensor): tensor
    }
  }
}
