extension Tensor {
  /// All elements in row-major order, whatever the strides.
  public func toArray() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let address = buffer.baseAddress, count > 0 { copy(to: address) }
      initialized = count
    }
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
