import Lua
import Tensor

/// What order says of numbers, and questions with a yes or a no.
extension Tensor {
  static func describeQuantiles(_ type: LuaType<Tensor>) throws {
    try type.method("median(dim?, {keepdim})") { x, call -> LuaMany in
      try x.checkSortable()
      let keeps: Bool = try call["keepdim"] ?? false
      if call.slot(1).isNothing {
        let median = try x.flattened().median(dim: 0).values
        return LuaMany(keeps ? try median.reshaped([Int](repeating: 1, count: x.rank)) : median)
      }
      let (values, indices) = try x.median(dim: call.dimension(1, rank: x.rank), keepDim: keeps)
      return LuaMany(values, try indices.adding(1))
    }
    try type.method("quantile(q, dim?, {keepdim})") { x, call in
      try x.checkSortable()
      let share: Double = try call[1]
      guard (0...1).contains(share) else {
        throw LuaArgumentError(1, "number from 0 to 1 expected, got \(text(of: share))")
      }
      let keeps: Bool = try call["keepdim"] ?? false
      if call.slot(2).isNothing {
        let value = try x.flattened().quantile(share, dim: 0)
        return keeps ? try value.reshaped([Int](repeating: 1, count: x.rank)) : value
      }
      return try x.quantile(share, dim: call.dimension(2, rank: x.rank), keepDim: keeps)
    }
    try type.method("argsort(dim?, {descending})") { x, call in
      try x.checkSortable()
      let dim = try call.dimension(1, rank: x.rank, default: x.rank - 1)
      return try x.sorted(dim: dim, descending: call["descending"] ?? false).indices.adding(1)
    }
    try type.method("any(dim?, {keepdim})") { x, call in
      try x.any(dims: call.dimensions(1, rank: x.rank), keepDim: call["keepdim"] ?? false)
    }
    try type.method("all(dim?, {keepdim})") { x, call in
      try x.all(dims: call.dimensions(1, rank: x.rank), keepDim: call["keepdim"] ?? false)
    }
    try type.method("allclose(other, {rtol, atol, equal_nan})") { x, call in
      try x.isClose(
        to: call.argument(1, as: Operand.self).asTensor(), relative: call["rtol"] ?? 1e-5,
        absolute: call["atol"] ?? 1e-8, nanIsEqual: call["equal_nan"] ?? false)
    }
    try type.method("histc(bins, {range})") { x, call in
      try x.histogram(bins: call[1], range: call.floatRange("range"))
    }
  }

  private func checkSortable() throws {
    guard rank > 0, count > 0 else {
      throw LuaArgumentError(0, "tensor with dimensions and elements expected, got \(Shape.text(shape))")
    }
  }
}
