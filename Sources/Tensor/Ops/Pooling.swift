/// Pooling of maps {…, height, width}.
extension Tensor {
  /// The mean of each window, zeros beyond the edges included (`torch.nn.functional.avg_pool2d`).
  public func averagePooled(_ kernel: Int, stride: Int, padding: Int) throws -> Tensor {
    let windows = try windows(kernel, stride: stride, padding: padding, filling: 0)
    return try windows.dropFirst().reduce(windows[0]) { try $0.adding($1) }
      .multiplying(1 / Float(kernel * kernel))
  }

  /// The largest element of each window (`torch.nn.functional.max_pool2d`).
  public func maximumPooled(_ kernel: Int, stride: Int, padding: Int) throws -> Tensor {
    // The extreme of a dimension, not of pairs: only the first of several largest has the gradient.
    try Tensor.stacked(windows(kernel, stride: stride, padding: padding, filling: -.infinity), dim: 0).max(
      dim: 0)
  }

  /// For each place in a window, what all windows have there.
  private func windows(_ kernel: Int, stride: Int, padding: Int, filling: Float) throws -> [Tensor] {
    guard rank >= 2 else {
      throw TensorError("pooling: maps {…, height, width} expected, got \(Shape.text(shape))")
    }
    guard kernel >= 1, stride >= 1, padding >= 0, padding <= kernel / 2, kernel <= 4096, stride <= 1 << 16
    else {
      throw TensorError(
        "pooling: a window and a stride of at least 1, and a padding of at most half the window expected")
    }
    let (height, width) = (shape[rank - 2] + 2 * padding, shape[rank - 1] + 2 * padding)
    guard height >= kernel, width >= kernel, count > 0 else {
      throw TensorError("pooling: a window of \(kernel) does not fit into \(Shape.text(shape))")
    }
    let wide = padding == 0 ? self : try padded([padding, padding, padding, padding], value: filling)
    func places(_ offset: Int, _ size: Int) -> [Int] {
      Array(Swift.stride(from: offset, through: size - kernel + offset, by: stride))
    }
    return try (0..<kernel).flatMap { y in
      let rows = try wide.gathered(rank - 2, places(y, height))
      try Interruption.check()
      return try (0..<kernel).map { x in try rows.gathered(rank - 1, places(x, width)) }
    }
  }
}
