extension Tensor {
  /// Numbers that other code allocated, where they lie; `owner` goes when the last tensor over them has gone.
  ///
  /// - Parameters:
  ///   - strides: in elements, none negative; nil for row-major without gaps.
  /// - Throws: `TensorError` for a shape that is none, or strides that lead too far.
  public init(
    memory: UnsafeMutablePointer<Float>, shape: [Int], strides: [Int]?, owner: AnyObject
  ) throws {
    let count = try Shape.count(shape)
    let strides = strides ?? Shape.strides(shape)
    guard strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }) else {
      throw TensorError("strides that are not negative expected, got \(Shape.text(strides))")
    }
    var extent = count == 0 ? 0 : 1
    for (size, stride) in zip(shape, strides) where size > 1 && count > 0 {
      let (step, overflow) = stride.multipliedReportingOverflow(by: size - 1)
      guard !overflow, step <= ByteCount.limit, extent <= ByteCount.limit else {
        throw TensorError("strides \(Shape.text(strides)) lead beyond what memory can hold")
      }
      extent += step
    }
    let storage = Storage(pointer: memory, count: extent, owner: owner)
    self.init(storage: storage, shape: shape, strides: strides, offset: 0)
  }
}
