#if OneDNN
  import Testing

  @testable import Tensor

  /// Convolutions with a quarter of the multiplications, against the plain backend's.
  @Suite(.serialized, .enabled(if: OneDNNBackend().rowsAreIndependent))
  struct WinogradTests {
    struct Case: CustomTestStringConvertible {
      let n, h, w, inputs, outputs: Int
      var hasBias = true
      var hasResidual = false
      var testDescription: String { "\(n)×\(h)×\(w)×\(inputs) to \(outputs)" }
    }

    /// Sizes that four divides, and others; fewer tiles than a piece of work has, exactly as many, and more.
    static let cases = [
      Case(n: 1, h: 64, w: 64, inputs: 64, outputs: 64),
      Case(n: 2, h: 65, w: 67, inputs: 80, outputs: 64, hasResidual: true),
      Case(n: 3, h: 71, w: 62, inputs: 64, outputs: 112, hasBias: false),
      Case(n: 1, h: 7, w: 601, inputs: 96, outputs: 64, hasBias: false, hasResidual: true),
    ]

    private static func shape(_ it: Case) -> ConvolutionShape {
      ConvolutionShape(
        n: it.n, h: it.h, w: it.w, inputs: it.inputs, outputs: it.outputs,
        window: ConvolutionWindow(height: 3, width: 3, stride: 1, padding: .same(1), groups: 1),
        epilogue: EpilogueShape(Epilogue(bias: nil, activation: .identity, residual: nil)))
    }

    private struct Inputs {
      let x, kernel: Tensor
      let bias, residual: Tensor?

      init(_ it: Case) throws {
        x = try Reference.noise([it.n, it.h, it.w, it.inputs], seed: 1)
        kernel = try Reference.noise([it.outputs, it.inputs, 3, 3], seed: 2)
        bias = it.hasBias ? try Reference.noise([it.outputs], seed: 3) : nil
        residual = it.hasResidual ? try Reference.noise([it.n, it.h, it.w, it.outputs], seed: 4) : nil
      }

      func output(_ backend: any Backend) throws -> Tensor {
        try Compute.$backend.withValue(backend) {
          try x.convolution(Weight(kernel), bias: bias, padding: .same(1), residual: residual)
        }
      }
    }

    @Test(arguments: cases)
    func agreesWithThePlainBackend(_ it: Case) throws {
      #expect(OneDNNWinograd(OneDNNBackend(), Self.shape(it)) != nil)
      let inputs = try Inputs(it)
      let (fast, plain) = try (inputs.output(OneDNNBackend()), inputs.output(OpenBLASBackend()))
      let difference = try fast.subtracting(plain).abs().max().item()
      // 3e-6 is what the points of interpolation cost, measured; direct convolutions differ by 5e-7.
      #expect(try difference <= 1e-5 * plain.abs().max().item())
    }

    @Test(arguments: cases)
    func threadsAndNeighboursChangeNothing(_ it: Case) throws {
      defer { Compute.threads = 0 }
      let inputs = try Inputs(it)
      let outputs = try [1, 2, 3].map { threads in
        Compute.threads = threads
        return try inputs.output(OneDNNBackend()).toArray().map(\.bitPattern)
      }
      #expect(outputs[0] == outputs[1] && outputs[0] == outputs[2])
      let weight = Weight(inputs.kernel)
      let rows = try (0..<it.n).map { row in
        try Compute.$backend.withValue(OneDNNBackend()) {
          try inputs.x.narrowed(0, start: row, length: 1).convolution(
            weight, bias: inputs.bias, padding: .same(1),
            residual: inputs.residual?.narrowed(0, start: row, length: 1))
        }
      }
      #expect(try Tensor.concatenated(rows, dim: 0).toArray().map(\.bitPattern) == outputs[0])
    }

    @Test func smallAndOddConvolutionsStayDirect() {
      let small = Case(n: 8, h: 32, w: 32, inputs: 640, outputs: 640)
      let narrow = Case(n: 1, h: 64, w: 64, inputs: 4, outputs: 320)
      let odd = Case(n: 1, h: 64, w: 64, inputs: 72, outputs: 64)
      for it in [small, narrow, odd] {
        #expect(OneDNNWinograd(OneDNNBackend(), Self.shape(it)) == nil, "\(it.testDescription)")
      }
      var strided = Self.shape(Case(n: 1, h: 64, w: 64, inputs: 64, outputs: 64))
      strided.window.stride = 2
      #expect(OneDNNWinograd(OneDNNBackend(), strided) == nil)
    }
  }
#endif
