import Lua
import Tensor

/// A function of two operands, of which at least one is a tensor; numbers stand for tensors filled with them.
private struct BinaryFunction: Sendable {
  let tensors: @Sendable (Tensor, Tensor) throws -> Tensor
  let tensorNumber: @Sendable (Tensor, Float) throws -> Tensor
  let numberTensor: @Sendable (Float, Tensor) throws -> Tensor

  func callAsFunction(_ a: Operand, _ b: Operand) throws -> Tensor {
    switch (a, b) {
    case (.tensor(let a), .tensor(let b)): try tensors(a, b)
    case (.tensor(let a), .number(let b)): try tensorNumber(a, b)
    case (.number(let a), .tensor(let b)): try numberTensor(a, b)
    case (.number(let a), .number(let b)): try tensorNumber(.scalar(a), b)
    }
  }

  static let add = BinaryFunction(
    tensors: { try $0.adding($1) }, tensorNumber: { try $0.adding($1) }, numberTensor: { try $1.adding($0) })
  static let sub = BinaryFunction(
    tensors: { try $0.subtracting($1) }, tensorNumber: { try $0.subtracting($1) },
    numberTensor: { try $1.subtracted(from: $0) })
  static let mul = BinaryFunction(
    tensors: { try $0.multiplying($1) }, tensorNumber: { try $0.multiplying($1) },
    numberTensor: { try $1.multiplying($0) })
  static let div = BinaryFunction(
    tensors: { try $0.dividing($1) }, tensorNumber: { try $0.dividing($1) },
    numberTensor: { try $1.divided(from: $0) })
  static let pow = BinaryFunction(
    tensors: { try $0.power($1) }, tensorNumber: { try $0.power($1) },
    numberTensor: { try $1.exponent(of: $0) })
  static let maximum = BinaryFunction(
    tensors: { try $0.maximum($1) }, tensorNumber: { try $0.maximum($1) },
    numberTensor: { try $1.maximum($0) })
  static let minimum = BinaryFunction(
    tensors: { try $0.minimum($1) }, tensorNumber: { try $0.minimum($1) },
    numberTensor: { try $1.minimum($0) })
  static let gt = BinaryFunction(
    tensors: { try $0.greater(than: $1) }, tensorNumber: { try $0.greater(than: $1) },
    numberTensor: { try $1.less(than: $0) })
  static let ge = BinaryFunction(
    tensors: { try $0.greaterOrEqual(to: $1) }, tensorNumber: { try $0.greaterOrEqual(to: $1) },
    numberTensor: { try $1.lessOrEqual(to: $0) })
  static let lt = BinaryFunction(
    tensors: { try $0.less(than: $1) }, tensorNumber: { try $0.less(than: $1) },
    numberTensor: { try $1.greater(than: $0) })
  static let le = BinaryFunction(
    tensors: { try $0.lessOrEqual(to: $1) }, tensorNumber: { try $0.lessOrEqual(to: $1) },
    numberTensor: { try $1.greaterOrEqual(to: $0) })
  static let eq = BinaryFunction(
    tensors: { try $0.equal(to: $1) }, tensorNumber: { try $0.equal(to: $1) },
    numberTensor: { try $1.equal(to: $0) })
  static let ne = BinaryFunction(
    tensors: { try $0.notEqual(to: $1) }, tensorNumber: { try $0.notEqual(to: $1) },
    numberTensor: { try $1.notEqual(to: $0) })

  static let floorDivide = BinaryFunction(
    tensors: { try $0.dividing($1).floor() }, tensorNumber: { try $0.dividing($1).floor() },
    numberTensor: { try $1.divided(from: $0).floor() })
  /// a - floor(a / b) · b, of the sign of b, as Lua's own.
  static let remainder = BinaryFunction(
    tensors: { try $0.subtracting($0.dividing($1).floor().multiplying($1)) },
    tensorNumber: { try $0.subtracting($0.dividing($1).floor().multiplying($1)) },
    numberTensor: { try $1.divided(from: $0).floor().multiplying($1).subtracted(from: $0) })

  static let methods: [(name: String, function: BinaryFunction)] = [
    ("add", add), ("sub", sub), ("mul", mul), ("div", div), ("pow", pow),
    ("floor_divide", floorDivide), ("remainder", remainder), ("maximum", maximum),
    ("minimum", minimum),
    ("gt", gt), ("ge", ge), ("lt", lt), ("le", le), ("eq", eq), ("ne", ne),
  ]
  static let operators: [(name: String, symbol: String, function: BinaryFunction)] = [
    ("__add", "+", add), ("__sub", "-", sub), ("__mul", "*", mul), ("__div", "/", div), ("__pow", "^", pow),
    ("__idiv", "//", floorDivide), ("__mod", "%", remainder),
  ]
}

extension Tensor {
  private typealias Function = @Sendable (Tensor) throws -> Tensor

  private static let unaryFunctions: [(name: String, function: Function)] = [
    ("exp", { try $0.exp() }), ("log", { try $0.log() }), ("sqrt", { try $0.sqrt() }),
    ("abs", { try $0.abs() }),
    ("neg", { try $0.negated() }), ("sin", { try $0.sin() }), ("cos", { try $0.cos() }),
    ("tanh", { try $0.tanh() }),
    ("erf", { try $0.erf() }), ("floor", { try $0.floor() }), ("ceil", { try $0.ceil() }),
    ("round", { try $0.round() }), ("sign", { try $0.sign() }), ("reciprocal", { try $0.reciprocal() }),
    ("square", { try $0.square() }), ("sigmoid", { try $0.sigmoid() }), ("relu", { try $0.relu() }),
    ("silu", { try $0.silu() }), ("gelu", { try $0.gelu() }), ("isnan", { try $0.notEqual(to: $0) }),
  ]

  /// Element by element, into new storage. Shapes of two tensors go together by NumPy's rule.
  static func describeFunctions(_ type: LuaType<Tensor>) throws {
    for (name, function) in unaryFunctions { try type.method("\(name)()") { x, _ in try function(x) } }
    for (name, function) in BinaryFunction.methods {
      try type.method("\(name)(other)") { x, call in try function(.tensor(x), call[1]) }
    }
    try type.method("clamp(min, max)") { x, call in
      let (low, high) = try call.bounds()
      return try x.clamped(min: low, max: high)
    }
  }

  static func describeOperators(_ type: LuaType<Tensor>) throws {
    for (name, symbol, function) in BinaryFunction.operators {
      try type.binary(name, symbol) { call in try function(call[0], call[1]) }
    }
    try type.metamethod("__unm") { x, _ in try x.negated() }
    // Equal as a whole; element by element is x:eq(y).
    try type.binary("__eq", "==") { call in
      let (a, b): (Tensor, Tensor) = (try call[0], try call[1])
      return try a.shape == b.shape && a.elements() == b.elements(copies: 2)
    }
    // Lua makes a truth value of what these return, so that only single numbers can be compared.
    try type.binary("__lt", "<") { call in try call.single(0) < call.single(1) }
    try type.binary("__le", "<=") { call in try call.single(0) <= call.single(1) }
  }

  static func describeProducts(_ type: LuaType<Tensor>) throws {
    try type.method("mm(other)") { x, call in try x.of(rank: 2).matmul(call.tensor(1, rank: 2)) }
    try type.method("bmm(other)") { x, call in
      let other = try call.tensor(1, rank: 3)
      guard try x.of(rank: 3).shape[0] == other.shape[0] else {
        throw LuaArgumentError(1, "batch of \(x.shape[0]) expected, got \(Shape.text(other.shape))")
      }
      return try x.matmul(other)
    }
    try type.method("matmul(other)") { x, call in try x.matmul(call[1]) }
    try type.method("mv(vector)") { x, call in
      try x.of(rank: 2).matmul(call.tensor(1, rank: 1).unsqueezed(1)).squeezed(1)
    }
    try type.method("dot(other)") { x, call in
      try x.of(rank: 1).multiplying(call.tensor(1, rank: 1).sameShape(as: x)).sum()
    }
  }

  private func of(rank: Int) throws -> Tensor {
    guard self.rank == rank else {
      throw LuaArgumentError(0, "\(rank)-d tensor expected, got \(Shape.text(shape))")
    }
    return self
  }

  private func sameShape(as other: Tensor) throws -> Tensor {
    guard shape == other.shape else {
      throw LuaArgumentError(1, "shape \(Shape.text(other.shape)) expected, got \(Shape.text(shape))")
    }
    return self
  }
}

extension LuaCall {
  /// The lower and upper bound of `clamp`, either of them nil.
  func bounds() throws -> (Float?, Float?) {
    let (low, high): (Float?, Float?) = (try self[1], try self[2])
    if let low, let high, low > high {
      throw LuaArgumentError(
        2, "number of at least \(text(of: Double(low))) expected, got \(text(of: Double(high)))")
    }
    return (low, high)
  }

  fileprivate func single(_ position: Int) throws -> Double {
    let slot = slot(position)
    if slot.kind == .userdata, let tensor = try? Tensor.read(slot), tensor.count != 1 {
      throw LuaArgumentError(
        position,
        "tensor of one element or number expected, got \(Shape.text(tensor.shape)); x:lt(y) compares elements"
      )
    }
    return try argument(position, as: Scalar.self).value
  }
}
