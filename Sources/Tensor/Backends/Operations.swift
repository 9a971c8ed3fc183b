/// Functions of one element that a backend knows.
public enum UnaryOperation: Sendable, CaseIterable {
  case exp, log, sqrt, abs, negate, sin, cos, erf, floor, ceil
  /// To the nearest integer, halves to the even one.
  case round
  case sign, reciprocal, square, tanh, sigmoid, relu, silu, gelu, geluTanh, quickGelu
}

/// Functions of two elements that a backend knows; comparisons give 0 or 1.
public enum BinaryOperation: Sendable, CaseIterable {
  case add, subtract, multiply, divide, power
  /// NaN wins.
  case maximum, minimum
  case less, lessOrEqual, equal, notEqual
}

/// What many elements become one by.
public enum ReductionOperation: Sendable, CaseIterable {
  case sum, mean, product, largest, smallest, norm, variance
}

/// One side of a binary operation: elements, or the same number everywhere.
public enum Operand: Sendable {
  case tensor(Tensor)
  case value(Float)
}
