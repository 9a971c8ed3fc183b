/// The arithmetic of shapes: every check that an operation makes before it touches memory.
public enum Shape {
  /// `{1, 77, 768}`, the way scripts write it.
  public static func text(_ shape: [Int]) -> String {
    "{" + shape.map(String.init).joined(separator: ", ") + "}"
  }

  /// The number of elements, or an error for negative sizes, too many dimensions and more than memory can hold.
  public static func count(_ shape: [Int]) throws -> Int {
    guard shape.count <= maximumRank else {
      throw TensorError("a tensor has at most \(maximumRank) dimensions, got \(text(shape))")
    }
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw TensorError("sizes cannot be negative, got \(text(shape))")
    }
    // Sizes of 0 count as 1 here, so that strides and offsets of empty tensors stay within bounds too.
    var bytes = MemoryLayout<Float>.stride
    for size in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else {
        throw TensorError("out of memory: a tensor \(text(shape)) has more elements than can be counted")
      }
      bytes = product
    }
    guard bytes <= ByteCount.limit else {
      throw TensorError(
        "out of memory: a tensor \(text(shape)) takes \(ByteCount.text(bytes)), "
          + "this machine has \(ByteCount.text(ByteCount.limit))")
    }
    return shape.contains(0) ? 0 : bytes / MemoryLayout<Float>.stride
  }

  /// Row-major strides in elements.
  public static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for d in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[d] = strides[d + 1] &* max(shape[d + 1], 1)
    }
    return strides
  }

  /// A dimension counted from the front; negative ones count from the back.
  public static func dimension(_ dim: Int, rank: Int) throws -> Int {
    let found = dim < 0 ? dim + rank : dim
    guard found >= 0 && found < rank else {
      throw TensorError("dimension \(dim) is out of range for a tensor of \(rank) dimensions")
    }
    return found
  }

  /// The shape two operands have together by NumPy's rule: aligned at the back, sizes equal or 1.
  public static func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
    let rank = max(a.count, b.count)
    var shape = [Int](repeating: 1, count: rank)
    for d in 0..<rank {
      let x = d < rank - a.count ? 1 : a[d - (rank - a.count)]
      let y = d < rank - b.count ? 1 : b[d - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else {
        throw TensorError("shapes \(text(a)) and \(text(b)) do not go together")
      }
      shape[d] = x == 1 ? y : x
    }
    return shape
  }

  /// Strides that read `shape` as if it were the larger `target`: 0 where a size of 1 repeats. Nil if it cannot.
  static func expandedStrides(_ shape: [Int], _ strides: [Int], to target: [Int]) -> [Int]? {
    let missing = target.count - shape.count
    guard missing >= 0 else { return nil }
    var result = [Int](repeating: 0, count: target.count)
    for d in 0..<shape.count {
      if shape[d] == target[missing + d] {
        result[missing + d] = strides[d]
      } else if shape[d] != 1 {
        return nil
      }
    }
    return result
  }
}
