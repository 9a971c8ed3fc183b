extension Tensor {
  /// All elements in row-major order, whatever the strides.
  public func toArray() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let address = buffer.baseAddress, count > 0 { copy(to: address) }
      initialized = count
    }
  }

  /// As `toArray`, for a tensor that scripts made: where there is no memory for a copy, that is an error.
  ///
  /// - Parameter copies: how many arrays of as many floats will be there at once.
  public func elements(copies: Int = 1) throws -> [Float] {
    try Room.check(
      count, bytes: copies * MemoryLayout<Float>.stride, for: "the elements of a tensor \(Shape.text(shape))")
    return toArray()
  }

  /// Without repetitions: each dimension that repeats one element has the size 1.
  public var withoutRepetitions: Tensor {
    Tensor(
      storage: storage, shape: zip(shape, strides).map { $1 == 0 ? Swift.min($0, 1) : $0 }, strides: strides,
      offset: offset)
  }

  /// The only element.
  public func item() throws -> Float {
    guard count == 1 else {
      throw TensorError("item needs a tensor of one element, got \(Shape.text(shape))")
    }
    return base.pointee
  }

  /// The elements in row-major order, in place where they lie so, else from a copy.
  public func withUnsafeBuffer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    if isContiguous { return try body(UnsafeBufferPointer(start: base, count: count)) }
    return try toArray().withUnsafeBufferPointer(body)
  }

  /// The elements for writing; only where they lie in row-major order.
  public func withUnsafeMutableBuffer<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) throws -> R
  {
    guard isContiguous else {
      throw TensorError("a contiguous tensor is needed to write to, got strides \(Shape.text(strides))")
    }
    return try body(UnsafeMutableBufferPointer(start: base, count: count))
  }
}
