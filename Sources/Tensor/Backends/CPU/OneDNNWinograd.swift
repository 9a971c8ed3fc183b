#if OneDNN
  import CKernels

  /// 3 × 3 convolutions of large maps as 36 products, with a quarter of the multiplications (winograd.h).
  ///
  /// A piece of work is a few tiles, whose 36 products one thread computes, so that threads meet once and what lies between
  /// the steps stays in the caches.
  struct OneDNNWinograd {
    private let backend: OneDNNBackend
    private let shape: ConvolutionShape

    /// Nil where the direct convolution is as fast: for small maps the weights, four times as many, would be read for too
    /// few tiles. The number of images plays no part, so that an image is the same bytes in any batch.
    init?(_ backend: OneDNNBackend, _ shape: ConvolutionShape) {
      let window = ConvolutionWindow(height: 3, width: 3, stride: 1, padding: .same(1), groups: 1)
      guard shape.window == window, shape.epilogue.activation == .identity, backend.rowsAreIndependent,
        shape.inputs % 16 == 0, shape.outputs % 16 == 0,
        shape.inputs >= Self.fewestChannels, shape.outputs >= Self.fewestChannels,
        shape.h * shape.w >= Self.fewestPixels
      else { return nil }
      self.backend = backend
      self.shape = shape
    }

    private static let fewestChannels = 64
    /// On maps of 32 × 32, where Stable Diffusion has most of its weights, it would still be three times as fast, for a
    /// gigabyte more.
    private static let fewestPixels = 64 * 64
    private static let tilesOfPiece = 64

    func callAsFunction(_ x: Tensor, _ weight: Weight, _ epilogue: Epilogue) throws -> Tensor {
      let kernels = try weight.form(of: OneDNNWinograd.self) { WinogradWeight() }.kernels(of: weight) {
        try backend.prepare($0, rows: Self.tilesOfPiece)
      }
      let out = try Tensor.uninitialized([shape.n, shape.h, shape.w, shape.outputs])
      let tiles = shape.n * ((shape.h + 3) / 4) * ((shape.w + 3) / 4)
      let pieces = (tiles + Self.tilesOfPiece - 1) / Self.tilesOfPiece
      _ = try Compute.concurrently(pieces) { piece in
        try Interruption.check()
        let first = piece * Self.tilesOfPiece
        let count = min(Self.tilesOfPiece, tiles - first)
        let spread = try Tensor.uninitialized([kernels.count, count, shape.inputs])
        let products = try Tensor.uninitialized([kernels.count, count, shape.outputs])
        ck_winograd_tiles(spread.base, x.base, shape.h, shape.w, shape.inputs, first, count)
        for (index, kernel) in kernels.enumerated() {
          try backend.multiply(
            spread.base + index * count * shape.inputs, rows: count, by: kernel,
            into: products.base + index * count * shape.outputs)
        }
        ck_winograd_pixels(
          out.base, products.base, shape.h, shape.w, shape.outputs, first, count, epilogue.bias?.base,
          epilogue.residual?.base)
      }
      return out
    }
  }
#endif
