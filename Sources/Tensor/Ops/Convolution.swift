extension Tensor {
  /// activation(convolution + bias) + residual of channels-last images.
  ///
  /// - self {n, h, w, in}, w {out, in / groups, kh, kw} as in the checkpoint, bias {out}, residual as the result.
  /// - Returns {n, h', w', out}, h' = (h + top + bottom - kh) / stride + 1, rounded down.
  public func convolution(
    _ w: Weight, bias: Tensor? = nil, stride: Int = 1, padding: Padding = .same(1), groups: Int = 1,
    activation: Activation = .identity, residual: Tensor? = nil
  ) throws -> Tensor {
    let kernel = w.shape
    guard rank == 4 else {
      throw TensorError("convolution: images {n, h, w, channels} expected, got \(Shape.text(shape))")
    }
    guard kernel.count == 4 else {
      throw TensorError("convolution: the weight must be {out, in, kh, kw}, got \(Shape.text(kernel))")
    }
    guard stride >= 1 else { throw TensorError("convolution: the stride must be at least 1, got \(stride)") }
    guard groups >= 1, kernel[0] % groups == 0, kernel[1] * groups == shape[3] else {
      throw TensorError(
        "convolution: the weight \(Shape.text(kernel)) in \(groups) group\(groups == 1 ? "" : "s") does not take "
          + "the \(shape[3]) channels of \(Shape.text(shape))")
    }
    guard [padding.top, padding.left, padding.bottom, padding.right].allSatisfy({ $0 >= 0 }) else {
      throw TensorError("convolution: padding cannot be negative")
    }
    let window = ConvolutionWindow(
      height: kernel[2], width: kernel[3], stride: stride, padding: padding, groups: groups)
    let size = window.output(height: shape[1], width: shape[2])
    guard size.height > 0 && size.width > 0 && kernel[2] > 0 && kernel[3] > 0 else {
      throw TensorError(
        "convolution: a kernel of \(kernel[2])×\(kernel[3]) does not fit into \(Shape.text(shape))")
    }
    let result = [shape[0], size.height, size.width, kernel[0]]
    let epilogue = try Epilogue.checked(
      "convolution", result: result, outputs: kernel[0], bias: bias, activation: activation,
      residual: residual)
    let total = try Shape.count(result)
    guard total > 0 && shape[3] > 0 else {
      return try .emptySum(result, of: self, w, bias: bias, activation: activation, residual: residual)
    }
    if activation != .identity, isRecorded || w.isRecorded || bias?.isRecorded ?? false {
      // The activation's rule needs what enters it.
      return try convolution(w, bias: bias, stride: stride, padding: padding, groups: groups)
        .applying(activation).adding(residual: residual)
    }
    let x = try detached.contiguous()
    if window.isPointwise {
      let rows = try x.viewed([count / shape[3], shape[3]])
      return try Compute.backend.linear(rows, w, epilogue).viewed(result)
        .recordedLinear(from: self, w, rows: rows, bias: bias, residual: residual)
    }
    let inputs = [node, w.node, bias?.node, residual?.node]
    let kept = w.isRecorded ? x.kept : nil
    return try Compute.backend.convolution(x, w, window, epilogue).recorded(from: inputs) {
      [shape] gradient, wanted in
      let g = try gradient.contiguous()
      return [
        wanted[0] ? try Compute.backend.convolutionInputGradient(g, w, window, input: shape) : nil,
        wanted[1] ? try Compute.backend.convolutionWeightGradient(g, input: kept?() ?? g, window) : nil,
        wanted[2] ? try g.sum(dims: [0, 1, 2]) : nil, gradient,
      ]
    }
  }

  /// Every pixel four times: {n, h, w, c} → {n, 2h, 2w, c}.
  public func upsampledNearest2x() throws -> Tensor {
    guard rank == 4 else {
      throw TensorError("upsampling: images {n, h, w, channels} expected, got \(Shape.text(shape))")
    }
    guard count > 0 else {
      return try .zeros([shape[0], 2 * shape[1], 2 * shape[2], shape[3]], recordedFrom: [self])
    }
    return try Compute.backend.upsampledNearest2x(detached.contiguous()).recorded(from: self) {
      [shape] gradient in
      let pairs = try gradient.reshaped([shape[0], shape[1], 2, shape[2], 2, shape[3]])
      func corner(_ y: Int, _ x: Int) throws -> Tensor { try pairs.selected(4, x).selected(2, y) }
      return try corner(0, 0).adding(corner(0, 1)).adding(corner(1, 0).adding(corner(1, 1)))
    }
  }
}
