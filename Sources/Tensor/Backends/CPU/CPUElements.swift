import CKernels

/// Element by element, on our own kernels.
extension CPUBackend {
  public var memory: any DeviceMemory { Compute.hostMemory }

  public func fill(_ result: Tensor, with value: Float) {
    if result.isContiguous { return ck_fill(result.base, result.count, value) }
    withUnsafePointer(to: value) {
      ck_copy(Int32(result.rank), result.shape, result.base, result.strides, $0, result.noStrides)
    }
  }

  public func fill(_ result: Tensor, from start: Double, step: Double) {
    ck_arange(result.base, result.count, start, step)
  }

  public func copy(_ x: Tensor, to result: Tensor) {
    ck_copy(Int32(x.rank), x.shape, result.base, result.strides, x.base, x.strides)
  }

  public func apply(_ operation: UnaryOperation, _ x: Tensor, to result: Tensor) {
    ck_unary(operation.kernel, Int32(x.rank), x.shape, result.base, result.strides, x.base, x.strides)
  }

  public func apply(_ operation: BinaryOperation, _ a: Operand, _ b: Operand, to result: Tensor) {
    let none = result.noStrides
    a.withNumbers(none) { a, aStrides in
      b.withNumbers(none) { b, bStrides in
        ck_binary(
          operation.kernel, Int32(result.rank), result.shape, result.base, result.strides, a, aStrides, b,
          bStrides)
      }
    }
  }

  public func select(where condition: Tensor, _ a: Tensor, else b: Tensor, to result: Tensor) {
    ck_select(
      Int32(result.rank), result.shape, result.base, result.strides, condition.base, condition.strides,
      a.base,
      a.strides, b.base, b.strides)
  }

  public func reduce(
    _ operation: ReductionOperation, _ x: Tensor, over dims: [Int], scale: Double, to result: Tensor
  ) {
    let outer = (0..<x.rank).filter { !dims.contains($0) }
    ck_reduce(
      operation.kernel, scale, Int32(outer.count), result.shape, outer.map { x.strides[$0] },
      Int32(dims.count), dims.map { x.shape[$0] }, dims.map { x.strides[$0] }, x.base, result.base)
  }

  public func gather(_ x: Tensor, dim: Int, _ indices: [Int], to result: Tensor) {
    ck_gather(
      Int32(x.rank), Int32(dim), result.shape, result.base, result.strides, x.base, x.strides, indices)
  }

  public func cumulativeSum(_ x: Tensor) throws -> Tensor {
    let result = try Tensor.uninitialized(x.shape)
    ck_cumulative_sum(x.rowCount, x.rowLength, x.base, result.base)
    return result
  }

  public func sort(_ x: Tensor, descending: Bool) throws -> (values: Tensor, indices: Tensor) {
    let values = try Tensor.uninitialized(x.shape)
    let indices = try Tensor.uninitialized(x.shape)
    guard ck_sort(descending ? 1 : 0, x.rowCount, x.rowLength, x.base, values.base, indices.base) != 0 else {
      throw TensorError("out of memory: no room to sort \(Shape.text(x.shape))")
    }
    return (values, indices)
  }

  public func extremeIndex(_ x: Tensor, largest: Bool) throws -> Tensor {
    let result = try Tensor.uninitialized(Array(x.shape.dropLast()) + [1])
    ck_extreme_index(largest ? 1 : 0, x.rowCount, x.rowLength, x.base, result.base)
    return result
  }

  public func takeFromRows(_ x: Tensor, _ places: Tensor) throws -> (result: Tensor, fault: Float?) {
    let result = try Tensor.uninitialized(places.shape)
    let wrong = ck_take_rows(
      places.rowCount, x.rowLength, places.rowLength, x.base, places.base, result.base)
    return (result, wrong < 0 ? nil : places.base[wrong])
  }

  public func addToRows(_ values: Tensor, _ places: Tensor, of sum: Tensor) {
    ck_add_to_rows(
      values.rowCount, sum.rowLength, values.rowLength, values.base, places.base, sum.base)
  }

  public func resample(_ x: Tensor, dim: Int, _ taps: ResampleTaps) throws -> Tensor {
    var target = x.shape
    target[dim] = taps.outputCount
    let result = try Tensor.uninitialized(target)
    ck_resample_axis(
      x.shape[..<dim].reduce(1, *), x.shape[dim], taps.outputCount, x.shape[(dim + 1)...].reduce(1, *),
      taps.perOutput, taps.places, taps.weights, x.base, result.base)
    return result
  }
}

extension Shape {
  /// The most dimensions a tensor can have: as many as the kernels count through.
  public static let maximumRank = Int(CK_MAX_RANK)
}

extension Tensor {
  /// Those of a single number that stands for all.
  fileprivate var noStrides: [Int] { [Int](repeating: 0, count: rank) }
}

extension Operand {
  fileprivate func withNumbers(
    _ noStrides: [Int], _ body: (_ base: UnsafePointer<Float>, _ strides: [Int]) -> Void
  ) {
    switch self {
    case .tensor(let tensor): body(tensor.base, tensor.strides)
    case .value(let value): withUnsafePointer(to: value) { body($0, noStrides) }
    }
  }
}

extension UnaryOperation {
  fileprivate var kernel: ck_unary_op {
    switch self {
    case .exp: CK_EXP
    case .log: CK_LOG
    case .sqrt: CK_SQRT
    case .abs: CK_ABS
    case .negate: CK_NEGATE
    case .sin: CK_SIN
    case .cos: CK_COS
    case .erf: CK_ERF
    case .floor: CK_FLOOR
    case .ceil: CK_CEIL
    case .round: CK_ROUND
    case .sign: CK_SIGN
    case .reciprocal: CK_RECIPROCAL
    case .square: CK_SQUARE
    case .tanh: CK_TANH
    case .sigmoid: CK_SIGMOID
    case .relu: CK_RELU
    case .silu: CK_SILU
    case .gelu: CK_GELU
    case .geluTanh: CK_GELU_TANH
    case .quickGelu: CK_QUICK_GELU
    }
  }
}

extension BinaryOperation {
  fileprivate var kernel: ck_binary_op {
    switch self {
    case .add: CK_ADD
    case .subtract: CK_SUBTRACT
    case .multiply: CK_MULTIPLY
    case .divide: CK_DIVIDE
    case .power: CK_POWER
    case .maximum: CK_MAXIMUM
    case .minimum: CK_MINIMUM
    case .less: CK_LESS
    case .lessOrEqual: CK_LESS_EQUAL
    case .equal: CK_EQUAL
    case .notEqual: CK_NOT_EQUAL
    }
  }
}

extension ReductionOperation {
  fileprivate var kernel: ck_reduction {
    switch self {
    case .sum: CK_SUM
    case .mean: CK_MEAN
    case .product: CK_PRODUCT
    case .largest: CK_LARGEST
    case .smallest: CK_SMALLEST
    case .norm: CK_NORM
    case .variance: CK_VARIANCE
    }
  }
}
