import CKernels

/// Gradients on the processor, by our own kernels and the backend's products.
extension CPUBackend {
  public func linearInputGradient(_ g: Tensor, _ weight: Weight) throws -> Tensor {
    let w = try weight.tensor().viewed([1, weight.shape[0], weight.shape[1]])
    return try product(g.unsqueezed(0), w).selected(0, 0)
  }

  public func convolutionInputGradient(
    _ g: Tensor, _ weight: Weight, _ window: ConvolutionWindow, input: [Int]
  ) throws -> Tensor {
    let kernel = try weight.tensor()
    let sum = try Tensor.zeros(input)
    try forEachTile(g, input, window) { tile in
      // The rows of patches whose products with the kernel are the pixels.
      let w = try kernel.narrowed(0, start: tile.outputs.lowerBound, length: tile.outputs.count)
        .viewed([1, tile.outputs.count, tile.patch])
      let rows = try product(tile.gradient, w)
      var geometry = tile.geometry
      ck_add_patches(sum.base + tile.inputOffset, rows.base, &geometry, tile.first, rows.shape[1])
    }
    return sum
  }

  public func convolutionWeightGradient(_ g: Tensor, input x: Tensor, _ window: ConvolutionWindow) throws
    -> Tensor
  {
    let sum = try Tensor.zeros([g.shape[3], x.shape[3] / window.groups, window.height, window.width])
    try forEachTile(g, x.shape, window) { tile in
      let rows = try Tensor.uninitialized([1, tile.gradient.shape[1], tile.patch])
      var geometry = tile.geometry
      ck_patches(rows.base, x.base + tile.inputOffset, &geometry, tile.first, rows.shape[1])
      let part = try product(tile.gradient.transposed(1, 2), rows)
      let target = try sum.narrowed(0, start: tile.outputs.lowerBound, length: tile.outputs.count)
      try target.viewed(part.shape).add_(part)
    }
    return sum
  }

  public func groupNormGradient(
    _ g: Tensor, input x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float,
    activation: Activation
  ) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    let failed = ck_group_norm_gradient(
      out.base, g.base, x.base, x.shape[0], x.shape[1], x.shape[2], groups, weight.base, bias.base, epsilon,
      activation.rawValue)
    guard failed == 0 else { throw TensorError("out of memory: no room for the statistics of a group norm") }
    return out
  }

  public func layerNormGradient(_ g: Tensor, input x: Tensor, weight: Tensor, epsilon: Float) throws -> Tensor
  {
    let out = try Tensor.uninitialized(x.shape)
    ck_layer_norm_gradient(
      out.base, g.base, x.base, x.count / weight.count, weight.count, weight.base, epsilon)
    return out
  }

  public func softmaxGradient(_ g: Tensor, result p: Tensor) throws -> Tensor {
    let out = try Tensor.uninitialized(p.shape)
    let width = p.shape[p.rank - 1]
    ck_softmax_gradient(out.base, g.base, p.base, p.count / width, width)
    return out
  }

  public func activationGradient(_ g: Tensor, input x: Tensor, _ activation: Activation) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    ck_activation_gradient(out.base, g.base, x.base, x.count, activation.rawValue)
    return out
  }

  public func gegluGradient(_ g: Tensor, input x: Tensor) throws -> Tensor {
    let out = try Tensor.uninitialized(x.shape)
    let width = g.shape[g.rank - 1]
    ck_geglu_gradient(out.base, g.base, x.base, g.count / width, width)
    return out
  }

  /// Calls `body` with a few megabytes of patches at a time, image by image and group by group.
  private func forEachTile(
    _ g: Tensor, _ input: [Int], _ window: ConvolutionWindow, _ body: (ConvolutionTile) throws -> Void
  ) throws {
    let (h, w, c) = (input[1], input[2], input[3])
    let (into, outof) = (c / window.groups, g.shape[3] / window.groups)
    let patch = into * window.height * window.width
    let pixels = g.shape[1] * g.shape[2]
    let size = max(1, min(pixels, (1 << 20) / patch))
    let geometry = ck_window(
      h: h, w: w, channels: into, pixel_stride: c, kernel_h: window.height, kernel_w: window.width,
      stride: window.stride, top: window.padding.top, left: window.padding.left, out_h: g.shape[1],
      out_w: g.shape[2])
    let flat = try g.viewed([g.shape[0], pixels, g.shape[3]])
    for image in 0..<input[0] {
      for group in 0..<window.groups {
        let outputs = group * outof..<(group + 1) * outof
        let part = try flat.narrowed(0, start: image, length: 1)
          .narrowed(2, start: outputs.lowerBound, length: outof)
        for first in stride(from: 0, to: pixels, by: size) {
          let tile = try part.narrowed(1, start: first, length: min(size, pixels - first))
          try body(
            ConvolutionTile(
              gradient: tile, outputs: outputs, patch: patch, geometry: geometry,
              inputOffset: image * h * w * c + group * into, first: first))
        }
      }
    }
  }
}

/// Some output pixels of one image and group.
private struct ConvolutionTile {
  /// {1, pixels, outputs of the group}, a view.
  let gradient: Tensor
  let outputs: Range<Int>
  /// Numbers in a patch.
  let patch: Int
  let geometry: ck_window
  /// Where the group's channels of the image start in the input.
  let inputOffset: Int
  /// The first of the pixels.
  let first: Int
}
