import Lua
import Tensor

extension Tensor {
  private typealias Function = @Sendable (Tensor) throws -> Tensor
  private typealias Binary = (
    name: String, tensors: @Sendable (Tensor, Tensor) throws -> Tensor,
    number: @Sendable (Tensor, Float) throws -> Tensor
  )

  private static let functionsInPlace: [(name: String, function: Function)] = [
    ("exp_", { try $0.exp_() }), ("log_", { try $0.log_() }), ("sqrt_", { try $0.sqrt_() }),
    ("abs_", { try $0.abs_() }), ("neg_", { try $0.negate_() }), ("relu_", { try $0.relu_() }),
    ("silu_", { try $0.silu_() }), ("zero_", { try $0.fill_(0) }),
  ]
  private static let binariesInPlace: [Binary] = [
    ("add_", { try $0.add_($1) }, { try $0.add_($1) }), ("sub_", { try $0.sub_($1) }, { try $0.sub_($1) }),
    ("mul_", { try $0.mul_($1) }, { try $0.mul_($1) }), ("div_", { try $0.div_($1) }, { try $0.div_($1) }),
    ("pow_", { try $0.pow_($1) }, { try $0.pow_($1) }),
  ]

  /// Methods that write over the tensor, seen by every view of it, and return it.
  static func describeInPlace(_ type: LuaType<Tensor>) throws {
    for (name, function) in functionsInPlace {
      try type.method("\(name)()") { x, call in
        _ = try function(x)
        return call.slot(0)
      }
    }
    for (name, tensors, number) in binariesInPlace {
      try type.method("\(name)(other)") { x, call in
        switch try call.argument(1, as: Operand.self) {
        case .tensor(let other): _ = try tensors(x, other)
        case .number(let value): _ = try number(x, value)
        }
        return call.slot(0)
      }
    }
    try type.method("fill_(value)") { x, call in
      try x.fill_(call[1])
      return call.slot(0)
    }
    try type.method("clamp_(min, max)") { x, call in
      let (low, high) = try call.bounds()
      try x.clamp_(min: low, max: high)
      return call.slot(0)
    }
    try type.method("copy_(source)") { x, call in
      try x.copy(from: call[1])
      return call.slot(0)
    }
    try type.method("index_copy_(dim, index, source)") { x, call in
      let dim = try call.dimension(1, rank: x.rank)
      let indices = try call.indices(2, size: x.shape[dim])
      let source: Tensor = try call[3]
      var expected = x.shape
      expected[dim] = indices.count
      guard source.shape == expected else {
        throw LuaArgumentError(3, "shape \(Shape.text(expected)) expected, got \(Shape.text(source.shape))")
      }
      try x.copy(dim, indices, from: source)
      return call.slot(0)
    }
  }
}
