/// The host's ways to the numbers of a tensor: each transfers where they lie in another device's memory.
extension Tensor {
  /// All elements in row-major order, whatever the strides.
  public func toArray() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let address = buffer.baseAddress, count > 0 { storage.read(self, to: address) }
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
    var value: Float = 0
    storage.read(self, to: &value)
    return value
  }

  /// The elements in row-major order, in place where they lie so, else from a copy.
  public func withUnsafeBuffer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    if isContiguous, let start = storage.hostAddress {
      return try body(UnsafeBufferPointer(start: start + offset, count: count))
    }
    return try toArray().withUnsafeBufferPointer(body)
  }

  /// The elements for writing; only where they lie in row-major order.
  public func withUnsafeMutableBuffer<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) throws -> R
  {
    guard isContiguous else {
      throw TensorError("a contiguous tensor is needed to write to, got strides \(Shape.text(strides))")
    }
    if let start = storage.hostAddress {
      return try body(UnsafeMutableBufferPointer(start: start + offset, count: count))
    }
    var elements = toArray()
    defer {
      elements.withUnsafeBufferPointer { if let start = $0.baseAddress { storage.write(start, to: self) } }
    }
    return try elements.withUnsafeMutableBufferPointer { try body($0) }
  }

  /// Itself where its numbers are the host's to reach, else a row-major copy in the host's memory.
  public func onHost() throws -> Tensor {
    if storage.isOnHost { return self }
    let copy = try Tensor.uninitialized(shape, in: HostMemory())
    if count > 0, let start = copy.storage.hostAddress { storage.read(self, to: start) }
    return copy
  }
}
