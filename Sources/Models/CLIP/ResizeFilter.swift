import Tensor

/// Resampling that averages over all source pixels a result pixel covers, as image libraries do (and `resized`, which
/// follows torch's `interpolate`, does not).
enum ResizeFilter {
  case bilinear, bicubic

  /// {H, W, C} in [0, 1] to {height, width, C} of 256 levels; the picture itself if the size is right.
  func resize(_ image: Tensor, height: Int, width: Int) throws -> Tensor {
    let (rows, columns) = (image.shape[0], image.shape[1])
    guard rows != height || columns != width else { return image }
    var planes = try levels(image.permuted([2, 0, 1]).multiplying(255))
    func horizontally() throws {
      guard columns != width else { return }
      planes = try pass(planes, from: columns, to: width) { try $0.matmul($1.transposed(0, 1)) }
    }
    func vertically() throws {
      guard rows != height else { return }
      planes = try pass(planes, from: rows, to: height) { try $1.expanded([3, height, rows]).matmul($0) }
    }
    // The order matters, as each pass rounds. Pillow's, measured on 2,500 sizes: across first, unless the picture loses
    // more than twice as many rows as columns.
    if height < rows, rows - height > 2 * (columns - width) {
      try vertically()
      try horizontally()
    } else {
      try horizontally()
      try vertically()
    }
    return try planes.permuted([1, 2, 0]).dividing(255)
  }

  /// Rounded to whole numbers from 0 to 255, halves up.
  /// The gradient passes the rounding by (and the clamp, as pixels beyond it must find back).
  private func levels(_ x: Tensor) throws -> Tensor {
    let rounded = try x.detached.adding(0.5).floor().clamped(min: 0, max: 255)
    return x.requiresGradient ? try x.straightThrough(rounded) : rounded
  }

  /// Whole numbers from 0 to 255 along one dimension, to the same.
  ///
  /// Pillow's weights are whole multiples of 2⁻²², and its sums exact: halves, which small ratios give everywhere, are
  /// rounded as the weights fall. The sums are exact here too, as each weight is cut into two parts whose sums stay below
  /// 2²⁴ (for up to a thousand pixels in one).
  ///
  /// - Parameter multiply: the planes by {to, from} along that dimension
  private func pass(
    _ planes: Tensor, from: Int, to: Int, by multiply: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    // A picture of one row and many columns keeps its shape on the way, and may become larger than any memory.
    try Room.check(
      from.multipliedReportingOverflow(by: to).overflow ? Int.max : from * to,
      bytes: 6 * MemoryLayout<Double>.stride,
      for: "resizing \(from) pixels to \(to)")
    let weights = weights(from: from, to: to)
    let cut = 128.0
    let whole = weights.map { ($0 * 0x1p22).rounded() }
    let high = whole.map { ($0 / cut).rounded() }
    let low = zip(whole, high).map { $0 - $1 * cut }
    func sum(_ parts: [Double]) throws -> Tensor {
      try multiply(planes.detached, Tensor(parts.map { Float($0) }, shape: [to, from]))
    }
    let carried = try sum(low).dividing(Float(cut)).floor()
    let half = Float(0x1p21 / cut)
    let rounded = try sum(high).adding(half).adding(carried).dividing(2 * half).floor()
      .clamped(min: 0, max: 255)
    guard planes.requiresGradient else { return rounded }
    return try multiply(planes, Tensor(weights.map { Float($0) }, shape: [to, from])).straightThrough(rounded)
  }

  private var support: Double { self == .bicubic ? 2 : 1 }

  /// Keys 1981 with a = -1/2, or the triangle.
  private func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    guard x < support else { return 0 }
    switch self {
    case .bilinear: return 1 - x
    case .bicubic: return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2
    }
  }

  /// {to, from}: how much of each source pixel is in each result pixel; rows sum to 1.
  private func weights(from: Int, to: Int) -> [Double] {
    let scale = Double(from) / Double(to)
    let stretch = max(scale, 1)
    var matrix = [Double](repeating: 0, count: from * to)
    for row in 0..<to {
      let center = (Double(row) + 0.5) * scale
      let first = max(0, Int(center - support * stretch + 0.5))
      let last = min(from, Int(center + support * stretch + 0.5))
      let weights = (first..<last).map { weight((Double($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      for (column, weight) in zip(first..<last, weights) { matrix[row * from + column] = weight / sum }
    }
    return matrix
  }
}
