import Lua
import Tensor

extension Tensor {
  private typealias Reduction = @Sendable (Tensor, [Int]?, Bool) throws -> Tensor

  private static let reductions: [(name: String, function: Reduction)] = [
    ("sum", { try $0.sum(dims: $1, keepDim: $2) }), ("mean", { try $0.mean(dims: $1, keepDim: $2) }),
    ("prod", { try $0.prod(dims: $1, keepDim: $2) }), ("norm", { try $0.norm(dims: $1, keepDim: $2) }),
  ]

  /// Over all elements (giving a 0-d tensor), one dimension or a list of them, which go unless `keepdim` is set.
  static func describeReductions(_ type: LuaType<Tensor>) throws {
    for (name, function) in reductions {
      try type.method("\(name)(dim?, {keepdim})") { x, call in
        try function(x, call.dimensions(1, rank: x.rank), call["keepdim"] ?? false)
      }
    }
    try type.method("var(dim?, {keepdim, correction})") { x, call in
      try x.variance(
        dims: call.dimensions(1, rank: x.rank), correction: call.correction(),
        keepDim: call["keepdim"] ?? false)
    }
    try type.method("std(dim?, {keepdim, correction})") { x, call in
      try x.standardDeviation(
        dims: call.dimensions(1, rank: x.rank), correction: call.correction(),
        keepDim: call["keepdim"] ?? false)
    }
    try describeExtremes(type)
    try type.method("softmax(dim?)") { x, call in
      guard x.rank > 0 else { return try ones([]) }
      return try x.softmax(dim: call.dimension(1, rank: x.rank, default: x.rank - 1))
    }
    try type.method("cumsum(dim)") { x, call in try x.cumsum(dim: call.dimension(1, rank: x.rank)) }
    try type.method("normalize(dim)") { x, call in try x.normalized(dim: call.dimension(1, rank: x.rank)) }
  }

  /// Along a dimension: values and indices, from 1.
  private static func describeExtremes(_ type: LuaType<Tensor>) throws {
    try type.method("max(dim?, {keepdim})") { x, call -> LuaMany in
      try x.checkNotEmpty()
      if call.slot(1).isNothing { return try LuaMany(x.max(keepDim: call["keepdim"] ?? false)) }
      let (dim, keeps): (Int, Bool) = (try call.dimension(1, rank: x.rank), try call["keepdim"] ?? false)
      return try LuaMany(x.max(dim: dim, keepDim: keeps), x.argmax(dim: dim, keepDim: keeps).adding(1))
    }
    try type.method("min(dim?, {keepdim})") { x, call -> LuaMany in
      try x.checkNotEmpty()
      if call.slot(1).isNothing { return try LuaMany(x.min(keepDim: call["keepdim"] ?? false)) }
      let (dim, keeps): (Int, Bool) = (try call.dimension(1, rank: x.rank), try call["keepdim"] ?? false)
      return try LuaMany(x.min(dim: dim, keepDim: keeps), x.argmin(dim: dim, keepDim: keeps).adding(1))
    }
    try type.method("argmax(dim?, {keepdim})") { x, call in
      try x.checkNotEmpty()
      let dim = try call.slot(1).isNothing ? nil : call.dimension(1, rank: x.rank)
      return try x.argmax(dim: dim, keepDim: call["keepdim"] ?? false).adding(1)
    }
    try type.method("argmin(dim?, {keepdim})") { x, call in
      try x.checkNotEmpty()
      let dim = try call.slot(1).isNothing ? nil : call.dimension(1, rank: x.rank)
      return try x.argmin(dim: dim, keepDim: call["keepdim"] ?? false).adding(1)
    }
  }

  private func checkNotEmpty() throws {
    guard count > 0 else {
      throw LuaArgumentError(0, "tensor with elements expected, got \(Shape.text(shape))")
    }
  }

  /// Values in order along a dimension (the last unless named), and where they were, from 1.
  static func describeOrder(_ type: LuaType<Tensor>) throws {
    try type.method("sort(dim?, {descending})") { x, call in
      let dim = try call.dimension(1, rank: x.rank, default: x.lastDimension())
      let (values, indices) = try x.sorted(dim: dim, descending: call["descending"] ?? false)
      return try LuaMany(values, indices.adding(1))
    }
    try type.method("topk(k, dim?, {largest})") { x, call in
      let k: Int = try call[1]
      let dim = try call.dimension(2, rank: x.rank, default: x.lastDimension())
      guard k >= 0, k <= x.shape[dim] else {
        throw LuaArgumentError(1, "integer from 0 to \(x.shape[dim]) expected, got \(k)")
      }
      let (values, indices) = try x.topK(k, dim: dim, largest: call["largest"] ?? true)
      return try LuaMany(values, indices.adding(1))
    }
  }

  private func lastDimension() throws -> Int {
    guard rank > 0 else { throw LuaArgumentError(0, "tensor of at least one dimension expected, got {}") }
    return rank - 1
  }
}

extension LuaCall {
  /// The option `correction`.
  fileprivate func correction() throws -> Int {
    let correction: Int = try self["correction"] ?? 1
    guard (0...1 << 32).contains(correction) else {
      throw options.complaint("correction", "integer of at least 0 expected, got \(correction)")
    }
    return correction
  }
}
