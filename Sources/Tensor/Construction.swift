extension Tensor {
  /// Memory whose content is whatever was there before.
  public static func uninitialized(_ shape: [Int]) throws -> Tensor {
    try uninitialized(shape, in: Compute.backend.memory)
  }

  /// The same in a given memory: the host's for what other code fills.
  public static func uninitialized(_ shape: [Int], in memory: any DeviceMemory) throws -> Tensor {
    let storage = try Storage(count: Shape.count(shape), memory: memory)
    return Tensor(storage: storage, shape: shape, strides: Shape.strides(shape), offset: 0)
  }

  public static func full(_ shape: [Int], _ value: Float) throws -> Tensor {
    let tensor = try uninitialized(shape)
    Compute.backend.fill(tensor, with: value)
    return tensor
  }

  public static func zeros(_ shape: [Int]) throws -> Tensor { try full(shape, 0) }

  public static func ones(_ shape: [Int]) throws -> Tensor { try full(shape, 1) }

  public static func scalar(_ value: Float) throws -> Tensor { try full([], value) }

  /// `start`, `start + step`, … up to but not including `end`. Each is computed in double from its index.
  public static func arange(_ start: Double = 0, _ end: Double, step: Double = 1) throws -> Tensor {
    guard step != 0 && start.isFinite && end.isFinite && step.isFinite else {
      throw TensorError("arange needs finite bounds and a step other than 0, got \(start), \(end), \(step)")
    }
    let steps = Swift.max(0, ((end - start) / step).rounded(.up))
    guard let count = Int(exactly: steps) else {
      throw TensorError("out of memory: arange(\(start), \(end), \(step)) has too many elements")
    }
    let tensor = try uninitialized([count])
    Compute.backend.fill(tensor, from: start, step: step)
    return tensor
  }

  /// `count` numbers evenly spaced from `start` to `end`, both included.
  public static func linspace(_ start: Double, _ end: Double, count: Int) throws -> Tensor {
    let tensor = try uninitialized([count])
    Compute.backend.fill(tensor, from: start, step: count > 1 ? (end - start) / Double(count - 1) : 0)
    return tensor
  }

  /// The identity matrix {n, n}.
  public static func eye(_ n: Int) throws -> Tensor {
    let tensor = try zeros([n, n])
    let diagonal = Tensor(storage: tensor.storage, shape: [n], strides: [n + 1], offset: 0)
    try diagonal.copy(from: scalar(1))
    return tensor
  }

  /// Numbers in row-major order.
  public init(_ values: [Float], shape: [Int]) throws {
    let count = try Shape.count(shape)
    guard values.count == count else {
      throw TensorError(
        "\(values.count) numbers do not fill a tensor \(Shape.text(shape)), \(count) are needed")
    }
    self = try Tensor.uninitialized(shape)
    values.withUnsafeBufferPointer { source in
      if let address = source.baseAddress { storage.write(address, to: self) }
    }
  }
}
