import Glibc

/// Functions of two elements. Shapes go together by NumPy's rule: aligned at the back, sizes equal or 1.
extension Tensor {
  public func adding(_ other: Tensor) throws -> Tensor {
    try binary(.add, other).recorded(
      from: self, summed(to: shape), and: other, summed(to: other.shape))
  }

  public func subtracting(_ other: Tensor) throws -> Tensor {
    try binary(.subtract, other).recorded(
      from: self, summed(to: shape),
      and: other
    ) { [shape = other.shape] in try $0.summed(to: shape).negated() }
  }

  public func multiplying(_ other: Tensor) throws -> Tensor {
    let (a, b) = (kept, other.kept)
    return try binary(.multiply, other).recorded(
      from: self, { try $0.multiplying(b()).summed(to: a().shape) },
      and: other
    ) { try $0.multiplying(a()).summed(to: b().shape) }
  }

  public func dividing(_ other: Tensor) throws -> Tensor {
    let (a, b) = (kept, other.kept)
    return try binary(.divide, other).recorded(
      from: self, { [shape] in try $0.dividing(b()).summed(to: shape) },
      and: other
    ) { try $0.multiplying(a()).dividing(b().square()).negated().summed(to: b().shape) }
  }

  public func power(_ exponent: Tensor) throws -> Tensor {
    let (x, n) = (kept, exponent.kept)
    let result = try binary(.power, exponent)
    let y = result.kept
    return result.recorded(
      from: self,
      { gradient in
        // 0 where the exponent is 0, even at 0.
        let slope = try n().multiplying(x().power(n().subtracting(1)))
        return try gradient.multiplying(n().nonzero(slope)).summed(to: x().shape)
      },
      and: exponent
    ) { gradient in
      // xⁿ·ln x is 0 at x = 0 for n ≥ 0, where PyTorch has it so too (for n = 0 there is no limit).
      let slope = try y().multiplying(x().log())
      let vanishes = try x().equal(to: 0).multiplying(n().greaterOrEqual(to: 0))
      return try gradient.multiplying(vanishes.zero(slope)).summed(to: n().shape)
    }
  }

  /// Where both are equal, each gets half of the gradient.
  public func maximum(_ other: Tensor) throws -> Tensor { try extreme(.maximum, other) }
  public func minimum(_ other: Tensor) throws -> Tensor { try extreme(.minimum, other) }

  public func adding(_ value: Float) throws -> Tensor {
    try binary(.add, value).recorded(from: self) { $0 }
  }
  public func subtracting(_ value: Float) throws -> Tensor {
    try binary(.subtract, value).recorded(from: self) { $0 }
  }
  public func multiplying(_ value: Float) throws -> Tensor {
    try binary(.multiply, value).recorded(from: self) { try $0.multiplying(value) }
  }
  public func dividing(_ value: Float) throws -> Tensor {
    try binary(.divide, value).recorded(from: self) { try $0.dividing(value) }
  }
  public func maximum(_ value: Float) throws -> Tensor { try extreme(.maximum, value) }
  public func minimum(_ value: Float) throws -> Tensor { try extreme(.minimum, value) }

  public func power(_ exponent: Float) throws -> Tensor {
    switch exponent {
    case 1: return try clone()
    case 2: return try square()
    case 0.5: return try sqrt()
    case -1: return try reciprocal()
    default:
      let x = kept
      return try binary(.power, exponent).recorded(from: self) { gradient in
        exponent == 0
          ? try .zeros(gradient.shape)
          : try gradient.multiplying(x().power(exponent - 1).multiplying(exponent))
      }
    }
  }

  /// `value - self`
  public func subtracted(from value: Float) throws -> Tensor {
    try Tensor.binary(.subtract, value, self).recorded(from: self) { try $0.negated() }
  }

  /// `value / self`
  public func divided(from value: Float) throws -> Tensor {
    let x = kept
    return try Tensor.binary(.divide, value, self).recorded(from: self) {
      try $0.multiplying(-value).dividing(x().square())
    }
  }

  /// `value ^ self`
  public func exponent(of value: Float) throws -> Tensor {
    let result = try Tensor.binary(.power, value, self)
    let y = result.kept
    let x = kept
    return result.recorded(from: self) { gradient in
      let slope = try y().multiplying(Glibc.log(value))
      return try gradient.multiplying(value == 0 ? x().less(than: 0).nonzero(slope) : slope)
    }
  }

  /// `self` where the condition is not 0, elsewhere `other`; all three shapes go together.
  public func selected(where condition: Tensor, else other: Tensor) throws -> Tensor {
    let shape = try Shape.broadcast(Shape.broadcast(condition.shape, self.shape), other.shape)
    let result = try Tensor.uninitialized(shape)
    let (c, a, b) = try (
      condition.detached.expanded(shape), detached.expanded(shape), other.detached.expanded(shape)
    )
    Compute.backend.select(where: c, a, else: b, to: result)
    let chosen = condition.kept
    return result.recorded(
      from: self, { [shape = self.shape] in try chosen().nonzero($0).summed(to: shape) },
      and: other
    ) { [shape = other.shape] in try chosen().zero($0).summed(to: shape) }
  }

  /// `value` where this is not 0, else 0.
  func nonzero(_ value: Tensor) throws -> Tensor { try value.selected(where: self, else: .scalar(0)) }

  /// `value` where this is 0, else 0.
  func zero(_ value: Tensor) throws -> Tensor { try Tensor.scalar(0).selected(where: self, else: value) }

  private func summed(to shape: [Int]) -> (Tensor) throws -> Tensor { { try $0.summed(to: shape) } }

  private func extreme(_ op: BinaryOperation, _ other: Tensor) throws -> Tensor {
    let result = try binary(op, other)
    let (a, b, extreme) = (kept, other.kept, result.kept)
    return result.recorded(
      from: self, { try $0.multiplying(a().share(of: extreme(), b())).summed(to: a().shape) },
      and: other
    ) { try $0.multiplying(b().share(of: extreme(), a())).summed(to: b().shape) }
  }

  private func extreme(_ op: BinaryOperation, _ value: Float) throws -> Tensor {
    let x = kept
    let result = try binary(op, value)
    let extreme = result.kept
    return result.recorded(from: self) { try $0.multiplying(x().share(of: extreme(), .scalar(value))) }
  }

  /// 1 where this is the extreme, 1/2 where the other one is as well, else 0.
  private func share(of extreme: Tensor, _ other: Tensor) throws -> Tensor {
    try equal(to: extreme).multiplying(other.equal(to: extreme).multiplying(-0.5).adding(1))
  }
}

extension Tensor {
  func binary(_ op: BinaryOperation, _ other: Tensor) throws -> Tensor {
    let together = try Shape.broadcast(shape, other.shape)
    let (a, b) = try (detached.expanded(together), other.detached.expanded(together))
    let result = try Tensor.uninitialized(together)
    Compute.backend.apply(op, .tensor(a), .tensor(b), to: result)
    return result
  }

  func binary(_ op: BinaryOperation, _ value: Float) throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    Compute.backend.apply(op, .tensor(self), .value(value), to: result)
    return result
  }

  static func binary(_ op: BinaryOperation, _ value: Float, _ other: Tensor) throws -> Tensor {
    let result = try Tensor.uninitialized(other.shape)
    Compute.backend.apply(op, .value(value), .tensor(other), to: result)
    return result
  }
}
