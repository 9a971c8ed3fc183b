import CTorch

/// Element by element and row by row.
extension TorchBackend {
  public func fill(_ result: Tensor, with value: Float) {
    noting(result) {
      _ = try TorchOperator("fill_", "Tensor").call([
        .handle(view(result)), .handle(TorchHandle.number(value)),
      ])
    }
  }

  public func fill(_ result: Tensor, from start: Double, step: Double) {
    let values = (0..<result.count).map { Float(start + Double($0) * step) }
    values.withUnsafeBufferPointer { values in
      if let first = values.baseAddress { memoryOfDevice.write(first, to: result) }
    }
  }

  public func copy(_ x: Tensor, to result: Tensor) {
    noting(result) {
      try copy(view(x), to: onPlace(result))
    }
  }

  public func apply(_ operation: UnaryOperation, _ x: Tensor, to result: Tensor) {
    noting(result) {
      let handle = try view(x)
      switch operation {
      case .gelu: try write("gelu", [.handle(handle), .text("none")], to: result)
      case .geluTanh: try write("gelu", [.handle(handle), .text("tanh")], to: result)
      case .quickGelu:
        let slope = try self.call("mul", "Tensor", handle, TorchHandle.number(1.702))
        let gate = try TorchOperator("sigmoid").call([.handle(slope)])[0]
        try write("mul", [.handle(handle), .handle(gate)], to: result)
      case .relu:
        try write("maximum", [.handle(handle), .handle(TorchHandle.number(0))], to: result)
      case .square: try write("mul", [.handle(handle), .handle(handle)], to: result)
      default: try write(operation.torchName, [.handle(handle)], to: result)
      }
    }
  }

  public func apply(_ operation: BinaryOperation, _ a: Operand, _ b: Operand, to result: Tensor) {
    noting(result) {
      // Two numbers have the shape of one.
      if case .value(let a) = a, case .value = b {
        let filled = try Tensor.full(result.shape, a)
        return apply(operation, .tensor(filled), b, to: result)
      }
      let (a, b) = try (handle(a), handle(b))
      switch operation {
      case .add: try difference(a, b, -1, result)
      case .subtract: try difference(a, b, 1, result)
      case .multiply: try write("mul", [.handle(a), .handle(b)], to: result)
      case .divide: try write("div", [.handle(a), .handle(b)], to: result)
      case .power: try write("pow", overload: "Tensor_Tensor_out", [.handle(a), .handle(b)], to: result)
      case .maximum: try write("maximum", [.handle(a), .handle(b)], to: result)
      case .minimum: try write("minimum", [.handle(a), .handle(b)], to: result)
      case .less: try write("lt", overload: "Tensor_out", [.handle(a), .handle(b)], to: result)
      case .lessOrEqual: try write("le", overload: "Tensor_out", [.handle(a), .handle(b)], to: result)
      case .equal: try write("eq", overload: "Tensor_out", [.handle(a), .handle(b)], to: result)
      case .notEqual: try write("ne", overload: "Tensor_out", [.handle(a), .handle(b)], to: result)
      }
    }
  }

  public func select(where condition: Tensor, _ a: Tensor, else b: Tensor, to result: Tensor) {
    noting(result) {
      let holds = try call("ne", "Tensor", view(condition), TorchHandle.number(0))
      try write(
        "where", overload: "self_out", [.handle(holds), .handle(view(a)), .handle(view(b))], to: result)
    }
  }

  public func reduce(
    _ operation: ReductionOperation, _ x: Tensor, over dims: [Int], scale: Double, to result: Tensor
  ) {
    noting(result) {
      // PyTorch takes no dimension for all of them.
      let none = dims.isEmpty
      let handle = none ? try view(x, x.shape + [1], x.strides + [1]) : try view(x)
      let dims = none ? [x.rank] : dims
      let made =
        switch operation {
        case .largest, .smallest:
          try TorchOperator(operation == .largest ? "amax" : "amin").call([
            .handle(handle), .integers(dims), .truth(false),
          ])[0]
        default: try reduced(operation, double(handle), dims, scale)
        }
      try copy(made, to: onPlace(result))
    }
  }

  /// Sums in double, as on the processor.
  private func reduced(_ operation: ReductionOperation, _ x: TorchHandle, _ dims: [Int], _ scale: Double)
    throws
    -> TorchHandle
  {
    func sum(_ x: TorchHandle) throws -> TorchHandle {
      try TorchOperator("sum", "dim_IntList").call([.handle(x), .someIntegers(dims), .truth(false), .absent])[
        0]
    }
    func mean(kept: Bool) throws -> TorchHandle {
      try TorchOperator("mean", "dim").call([.handle(x), .someIntegers(dims), .truth(kept), .absent])[0]
    }
    switch operation {
    case .mean: return try mean(kept: false)
    case .norm: return try TorchOperator("sqrt").call([.handle(sum(call("mul", "Tensor", x, x)))])[0]
    case .variance:
      let away = try call("sub", "Tensor", x, mean(kept: true))
      let spread = try TorchOperator("mean", "dim").call([
        .handle(call("mul", "Tensor", away, away)), .someIntegers(dims), .truth(false), .absent,
      ])[0]
      return try call("mul", "Tensor", spread, double(scale))
    case .product:
      return try dims.sorted(by: >).reduce(x) { x, dim in
        try TorchOperator("prod", "dim_int").call([.handle(x), .integer(dim), .truth(false), .absent])[0]
      }
    default: return try sum(x)
    }
  }

  public func gather(_ x: Tensor, dim: Int, _ indices: [Int], to result: Tensor) {
    noting(result) {
      let made = try TorchOperator("index_select").call([
        .handle(view(x)), .integer(dim), .handle(TorchHandle.places(indices, on: device)),
      ])[0]
      try copy(made, to: onPlace(result))
    }
  }

  public func cumulativeSum(_ x: Tensor) throws -> Tensor {
    let made = try TorchOperator("cumsum").call([.handle(view(x)), .integer(-1), .someType(.float64)])[0]
    return try rounded(made, x.shape)
  }

  public func sort(_ x: Tensor, descending: Bool) throws -> (values: Tensor, indices: Tensor) {
    let made = try TorchOperator("sort", "stable").call(
      [.handle(view(x)), .someTruth(true), .integer(-1), .truth(descending)], results: 2)
    return try (tensor(made[0], x.shape), rounded(made[1], x.shape))
  }

  public func extremeIndex(_ x: Tensor, largest: Bool) throws -> Tensor {
    let made = try TorchOperator(largest ? "argmax" : "argmin").call([
      .handle(view(x)), .someInteger(-1), .truth(true),
    ])[0]
    return try rounded(made, Array(x.shape.dropLast()) + [1])
  }

  public func takeFromRows(_ x: Tensor, _ places: Tensor) throws -> (result: Tensor, fault: Float?) {
    let wanted = places.toArray()
    let width = x.shape[x.rank - 1]
    for place in wanted where !(place >= 0 && place < Float(width) && place == place.rounded()) {
      return (try Tensor.zeros(places.shape), place)
    }
    let index = try TorchHandle.places(wanted.map { Int($0) }, on: device)
    let shaped = try TorchOperator("view").call([.handle(index), .integers(places.shape)])[0]
    let made = try TorchOperator("gather").call([
      .handle(view(x)), .integer(-1), .handle(shaped), .truth(false),
    ])[0]
    return (try tensor(made, places.shape), nil)
  }

  /// On the host: a GPU adds what meets in one place in any order.
  public func addToRows(_ values: Tensor, _ places: Tensor, of sum: Tensor) {
    let (wide, narrow) = (sum.shape[sum.rank - 1], values.shape[values.rank - 1])
    guard values.count > 0 else { return }
    var total = sum.toArray()
    for (i, (value, place)) in zip(values.toArray(), places.toArray()).enumerated() {
      total[i / narrow * wide + Int(place)] += value
    }
    total.withUnsafeBufferPointer { total in
      if let first = total.baseAddress { memoryOfDevice.write(first, to: sum) }
    }
  }

  /// A product with the matrix of the taps.
  public func resample(_ x: Tensor, dim: Int, _ taps: ResampleTaps) throws -> Tensor {
    let (n, m) = (x.shape[dim], taps.outputCount)
    var matrix = [Float](repeating: 0, count: m * n)
    for (i, (place, weight)) in zip(taps.places, taps.weights).enumerated() {
      matrix[i / taps.perOutput * n + place] += weight
    }
    let (before, after) = (x.shape[..<dim].reduce(1, *), x.shape[(dim + 1)...].reduce(1, *))
    let weights = try Tensor(matrix, shape: [1, m, n]).expanded([before, m, n])
    var target = x.shape
    target[dim] = m
    guard before > 0 && after > 0 else { return try Tensor.zeros(target) }
    return try product(weights, x.viewed([before, n, after])).viewed(target)
  }

  // MARK: Helpers

  func call(_ name: String, _ overload: String, _ a: TorchHandle, _ b: TorchHandle) throws -> TorchHandle {
    if name == "sub" {
      guard let made = ct_subtract(a.tensor, b.tensor, 1) else { throw TorchOperator.failure(name) }
      return TorchHandle(made)
    }
    return try TorchOperator(name, overload).call([.handle(a), .handle(b)])[0]
  }

  private func difference(_ a: TorchHandle, _ b: TorchHandle, _ alpha: Double, _ result: Tensor) throws {
    guard let made = ct_subtract(a.tensor, b.tensor, alpha) else { throw TorchOperator.failure("sub") }
    try copy(TorchHandle(made), to: onPlace(result))
  }

  private func handle(_ operand: Operand) throws -> TorchHandle {
    switch operand {
    case .tensor(let x): try view(x)
    case .value(let value): try TorchHandle.number(value)
    }
  }

  /// A result's own place, on the host too.
  private func onPlace(_ x: Tensor) throws -> TorchHandle {
    try TorchHandle.view(
      x.storage.block.address + x.offset, x.shape, x.strides, on: x.storage.isOnHost ? nil : device)
  }

  private func double(_ x: TorchHandle) throws -> TorchHandle {
    try TorchOperator("to", "dtype").call([
      .handle(x), .type(.float64), .truth(false), .truth(false), .absent,
    ])[0]
  }

  private func double(_ value: Double) throws -> TorchHandle {
    // Of rank 0 and float32 at first: added up of two, to 48 bits.
    let (high, low) = (Float(value), Float(value - Double(Float(value))))
    return try call("sub", "Tensor", double(TorchHandle.number(high)), double(TorchHandle.number(-low)))
  }

  /// Doubles or whole numbers as floats.
  private func rounded(_ made: TorchHandle, _ shape: [Int]) throws -> Tensor {
    let result = try Tensor.uninitialized(shape, in: memoryOfDevice)
    try copy(made, to: view(result))
    return result
  }

  private func noting(_ result: Tensor, _ body: () throws -> Void) {
    if result.count > 0 { memoryOfDevice.noting(body) }
  }
}

extension UnaryOperation {
  fileprivate var torchName: String {
    switch self {
    case .negate: "neg"
    case .square, .gelu, .geluTanh, .quickGelu, .relu: ""  // not one operator of one argument
    default: "\(self)"
    }
  }
}
