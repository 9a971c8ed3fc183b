import Lua
import Tensor

/// Elements in another order or among others.
extension Tensor {
  static func describeRearranging(_ type: LuaType<Tensor>) throws {
    try type.method("flip(dims)") { x, call in
      guard let dims = try call.dimensions(1, rank: x.rank) else {
        throw LuaArgumentError(1, "a dimension, or a list of them expected, got no value")
      }
      return try x.flipped(dims)
    }
    try type.method("roll(shift, dim)") { x, call in
      let shift: Int = try call[1]
      return try x.rolled(shift, dim: call.dimension(2, rank: x.rank))
    }
    try type.method("unbind(dim?)") { x, call in
      let dim = try call.dimension(1, rank: x.rank, default: x.firstDimension())
      try Room.check(x.shape[dim], bytes: 256, for: "a list of \(x.shape[dim]) tensors")
      return try (0..<x.shape[dim]).map { try x.selected(dim, $0) }
    }
    try type.method("chunk(count, dim?)") { x, call in
      let count: Int = try call[1]
      guard count >= 1 else { throw LuaArgumentError(1, "integer of at least 1 expected, got \(count)") }
      let dim = try call.dimension(2, rank: x.rank, default: x.firstDimension())
      let (size, extra) = x.shape[dim].quotientAndRemainder(dividingBy: count)
      return try x.split(Swift.max(size + (extra > 0 ? 1 : 0), 1), dim: dim)
    }
    try type.method("masked_fill(mask, value)") { x, call in try x.masked(call[1], with: call[2]) }
    try type.method("diag(offset?)") { x, call in
      let offset: Int = try call[1] ?? 0
      guard offset.magnitude <= 1 << 16 else {
        throw LuaArgumentError(1, "offset up to 65536 expected, got \(offset)")
      }
      return try x.diagonal(offset: offset)
    }
    try type.method("trace()") { x, _ in
      guard x.rank == 2 else { throw LuaArgumentError(0, "2-d tensor expected, got \(Shape.text(x.shape))") }
      return try x.diagonal().sum()
    }
    try type.method("outer(other)") { x, call in
      let other = try call.tensor(1, rank: 1)
      guard x.rank == 1 else { throw LuaArgumentError(0, "1-d tensor expected, got \(Shape.text(x.shape))") }
      return try x.unsqueezed(1).multiplying(other.unsqueezed(0))
    }
    try type.method("scatter(dim, index, source)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      let index: Tensor = try call[2]
      let places = try call.indices(2, size: x.shape[dim])
      let source = try call.argument(3, as: Operand.self).asTensor()
      return try x.scattered(
        along: dim, Tensor(places.map { Float($0) }, shape: index.shape),
        source.rank == 0 ? source.expanded(index.shape) : source)
    }
    try type.method("pad(sizes, {mode, value})") { x, call in
      let name: String = try call["mode"] ?? "constant"
      guard let mode = PaddingMode(rawValue: name) else {
        let known = PaddingMode.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        throw call.options.complaint("mode", "one of \(known) expected, got '\(name)'")
      }
      let value: Float? = try call["value"]
      if value != nil, mode != .constant {
        throw call.options.complaint("value", "goes only together with mode 'constant'")
      }
      return try x.padded(call[1], mode: mode, value: value ?? 0)
    }
    try type.method("nonzero()") { x, _ in try x.nonzeroIndices().adding(1) }
  }

  private func firstDimension() throws -> Int {
    guard rank > 0 else { throw LuaArgumentError(0, "tensor of at least one dimension expected, got {}") }
    return 0
  }
}
