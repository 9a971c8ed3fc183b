/// One dimension's part in `Tensor.indexed`.
public enum TensorIndex: Sendable, Equatable {
  /// Everything.
  case all
  /// One position, which drops the dimension.
  case at(Int)
  /// Positions from the first up to but not including the second.
  case range(Range<Int>)
}

extension Tensor {
  /// A view of the part that the indices name; dimensions without an index are kept whole.
  public func indexed(_ indices: [TensorIndex]) throws -> Tensor {
    guard indices.count <= rank else {
      throw TensorError("\(indices.count) indices for a tensor \(Shape.text(shape))")
    }
    var result = self
    var dim = 0
    for index in indices {
      switch index {
      case .all: dim += 1
      case .at(let position): result = try result.selected(dim, position)
      case .range(let range):
        result = try result.narrowed(dim, start: range.lowerBound, length: range.count)
        dim += 1
      }
    }
    return result
  }
}
