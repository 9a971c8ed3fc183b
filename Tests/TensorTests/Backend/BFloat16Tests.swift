#if OneDNN
  import CKernels
  import Testing

  @testable import Tensor

  /// Products in bfloat16: those of the rounded numbers, added up in float32.
  @Suite(.enabled(if: OneDNNBackend().hasBFloat16)) struct BFloat16Tests {
    private func rounded(_ x: Tensor) throws -> Tensor {
      let (out, narrow) = (try Tensor.uninitialized(x.shape), try Tensor.uninitialized([x.count]))
      ck_round_to_bf16(narrow.base, x.base, x.count)
      ck_bf16_to_f32(narrow.base, out.base, x.count)
      return out
    }

    private func check(_ shape: [Int], _ images: [Int], _ activation: Activation, hasResidual: Bool) throws {
      let (w, x) = (try Reference.noise(shape, seed: 1), try Reference.noise(images, seed: 2))
      let bias = try Reference.noise([shape[0]], seed: 3)
      let pool = WeightPool(.always, precision: .bfloat16)
      func run(_ x: Tensor, _ weight: Weight, _ residual: Tensor?) throws -> Tensor {
        shape.count == 2
          ? try x.linear(weight, bias: bias, activation: activation, residual: residual)
          : try x.convolution(
            weight, bias: bias, padding: .same(shape[2] / 2), activation: activation, residual: residual)
      }
      let size = try run(x, Weight(w), nil).shape
      let residual = hasResidual ? try Reference.noise(size, seed: 4) : nil
      let narrow = Weight(shape: shape, pool: pool, reader: WeightReader { try w.clone() })
      let found = try Compute.$backend.withValue(OneDNNBackend()) { try run(x, narrow, residual) }
      let expected = try Compute.$backend.withValue(OpenBLASBackend()) {
        try run(rounded(x), Weight(rounded(w)), residual)
      }
      let wide = try run(x, Weight(w), residual)
      let largest = try expected.abs().max().item()
      #expect(try found.subtracting(expected).abs().max().item() < 2e-5 * largest)
      let loss = try found.subtracting(wide).abs().max().item() / largest
      #expect(loss > 1e-5 && loss < 2e-2)
    }

    @Test(arguments: [Activation.identity, .silu, .gelu, .quickGelu])
    func productsAreThoseOfRoundedNumbers(activation: Activation) throws {
      try check([72, 96], [50, 96], activation, hasResidual: true)
      try check([320, 333], [1, 333], activation, hasResidual: false)
    }

    @Test func convolutionsAreThoseOfRoundedNumbers() throws {
      try check([64, 64, 3, 3], [2, 9, 11, 64], .identity, hasResidual: true)
      try check([64, 64, 3, 3], [1, 64, 64, 64], .identity, hasResidual: false)
      try check([32, 4, 3, 3], [1, 8, 8, 4], .identity, hasResidual: false)
      try check([4, 32, 3, 3], [1, 8, 8, 32], .identity, hasResidual: false)
      try check([48, 32, 1, 1], [2, 5, 5, 32], .identity, hasResidual: true)
    }

    /// What the forward pass rounds, the way back does not.
    @Test func gradientsAreInFloat32() throws {
      let w = try Reference.noise([24, 16], seed: 1)
      let x = try Reference.noise([5, 16], seed: 2).requiringGradient()
      let narrow = Weight(
        shape: [24, 16], pool: WeightPool(.always, precision: .bfloat16),
        reader: WeightReader { try w.clone() })
      let found = try x.linear(narrow).sum().gradients(of: [x])[0]
      let expected = try x.linear(Weight(w)).sum().gradients(of: [x])[0]
      #expect(found.toArray() == expected.toArray())
    }
  }
#endif
