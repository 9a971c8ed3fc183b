extension Tensor {
  /// Itself where it lies in row-major order, else a copy that does.
  public func contiguous() throws -> Tensor {
    isContiguous ? self : try clone()
  }

  /// A row-major copy with its own storage.
  public func clone() throws -> Tensor {
    let result = try Tensor.uninitialized(shape)
    Compute.backend.copy(self, to: result)
    return result.recorded(from: self) { $0 }
  }

  /// Writes `source`, repeated to this shape where it is smaller, over the elements.
  public func copy(from source: Tensor) throws {
    guard let sourceStrides = Shape.expandedStrides(source.shape, source.strides, to: shape) else {
      throw TensorError("a tensor \(Shape.text(source.shape)) cannot be copied into \(Shape.text(shape))")
    }
    try willWrite(source)
    if overlaps(source) && !(sourceStrides == strides && source.offset == offset) {
      return try copy(from: source.clone())
    }
    Compute.backend.copy(try source.detached.expanded(shape), to: self)
  }

  /// Operations in place call this first: a view that repeats elements has no room for different values, and the
  /// tape knows of no change to what it has recorded. Inside `Gradients.withoutRecording` it need not know.
  func willWrite(_ source: Tensor? = nil) throws {
    for d in 0..<rank where strides[d] == 0 && shape[d] > 1 {
      throw TensorError(
        "an expanded view \(Shape.text(shape)) repeats its elements and cannot be written in place; clone it first"
      )
    }
    if let protection = storage.writeProtection { throw protection }
    if isRecorded {
      throw TensorError(
        "a tensor that requires a gradient cannot be written in place: use the function that returns a new one, "
          + "or write while nothing is recorded")
    }
    if let source, source.isRecorded {
      throw TensorError(
        "writing a tensor that requires a gradient into another would lose the gradient: join them or detach it",
        cause: .losesGradient)
    }
    storage.version += 1
  }

  /// True if some element of the storage may belong to both.
  func overlaps(_ other: Tensor) -> Bool {
    guard storage === other.storage && count > 0 && other.count > 0 else { return false }
    return offset <= other.lastOffset && other.offset <= lastOffset
  }

  private var lastOffset: Int {
    zip(shape, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
  }
}
