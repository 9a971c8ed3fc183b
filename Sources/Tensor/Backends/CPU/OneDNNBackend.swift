#if OneDNN
  import CKernels
  import COneDNN

  /// Products and convolutions by oneDNN, with weights in the order it likes best; the rest by our own kernels.
  public struct OneDNNBackend: CPUBackend {
    public init() {}

    private static let longestColumns = 1024

    public var name: String { "oneDNN " + String(cString: onednn_version_text()) }

    /// Where oneDNN has no product that is steady in its bytes, OpenBLAS computes it.
    public var rowsAreIndependent: Bool { OneDNNBackend.hasSteadyProduct }

    public var hasBFloat16: Bool { ck_has_bfloat16() }

    private static let hasSteadyProduct: Bool = {
      let epilogue = EpilogueShape(Epilogue(bias: nil, activation: .identity, residual: nil))
      let shape = LinearShape(rows: 16, inputs: 16, outputs: 16, epilogue: epilogue)
      let plan = try? OneDNNPlan.cached(.linear(shape))
      return plan != nil
    }()

    public func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
      let (m, k, n) = (a.shape[1], a.shape[2], b.shape[2])
      if a.shape[0] > 1, a.strides[0] == 0, b.strides[0] == 0 {
        // The same product over and over: oneDNN takes only one operand that repeats.
        let one = try product(a.narrowed(0, start: 0, length: 1), b.narrowed(0, start: 0, length: 1))
        return try one.expanded([a.shape[0], m, n]).contiguous()
      }
      // A long sum over a column-major operand is the one case that oneDNN divides by the number of threads, which
      // changes the bytes.
      if k >= OneDNNBackend.longestColumns, MatrixLayout(a)?.isTransposed == true {
        return try product(a.contiguous(), b)
      }
      guard let left = MatrixLayout(a), let right = MatrixLayout(b) else {
        throw TensorError("matmul: operands must be row-major or column-major")
      }
      let shape = ProductShape(
        batch: a.shape[0], m: m, n: n, k: k, aBatch: a.shape[0] == 1 ? 0 : a.strides[0], a: left,
        bBatch: b.shape[0] == 1 ? 0 : b.strides[0], b: right)
      guard let plan = try OneDNNPlan.cached(.product(shape)) else { return try plain.product(a, b) }
      let out = try Tensor.uninitialized([a.shape[0], m, n])
      try plan.run(a.base, b.base, into: out.base)
      return out
    }

    public func linear(_ x: Tensor, _ weight: Weight, _ epilogue: Epilogue) throws -> Tensor {
      var shape = LinearShape(
        rows: x.shape[0], inputs: x.shape[1], outputs: weight.shape[0], precision: precision(of: weight),
        epilogue: EpilogueShape(epilogue))
      if shape.precision == .bfloat16, let (plan, packed) = try prepared(.linear(shape), weight) {
        let out = try Tensor.uninitialized([shape.rows, shape.outputs])
        try runNarrow(plan, packed, x, epilogue, into: out)
        return out
      }
      shape.precision = .float32
      guard let (plan, packed) = try prepared(.linear(shape), weight) else {
        return try plain.linear(x, weight, epilogue)
      }
      let out = try Tensor.uninitialized([shape.rows, shape.outputs])
      try run(plan, packed, x, epilogue, into: out)
      return out
    }

    /// x·wᵀ for x [rows][in] and w {out, in}; only where `rowsAreIndependent`.
    func multiply(
      _ x: UnsafePointer<Float>, rows: Int, by weight: Weight, into out: UnsafeMutablePointer<Float>
    ) throws {
      let shape = LinearShape(rows: rows, weight)
      guard let (plan, packed) = try prepared(.linear(shape), weight) else {
        throw TensorError("oneDNN has no product of \(Shape.text([rows, shape.inputs, shape.outputs]))")
      }
      try plan.run(x, packed: packed, into: out)
    }

    /// Packs a weight as `multiply` wants it.
    func prepare(_ weight: Weight, rows: Int) throws {
      _ = try prepared(.linear(LinearShape(rows: rows, weight)), weight)
    }

    public func convolution(
      _ x: Tensor, _ weight: Weight, _ window: ConvolutionWindow, _ epilogue: Epilogue
    ) throws -> Tensor {
      var shape = ConvolutionShape(
        n: x.shape[0], h: x.shape[1], w: x.shape[2], inputs: x.shape[3], outputs: weight.shape[0],
        window: window, precision: precision(of: weight), epilogue: EpilogueShape(epilogue))
      if shape.precision == .bfloat16, let (plan, packed) = try prepared(.convolution(shape), weight) {
        let out = try Tensor.uninitialized(shape.result)
        try runNarrow(plan, packed, x, epilogue, into: out)
        return out
      }
      shape.precision = .float32
      if let winograd = OneDNNWinograd(self, shape) { return try winograd(x, weight, epilogue) }
      guard let (plan, packed) = try prepared(.convolution(shape), weight) else {
        return try plain.convolution(x, weight, window, epilogue)
      }
      let out = try Tensor.uninitialized(shape.result)
      try run(plan, packed, x, epilogue, into: out)
      return out
    }

    public func convolutionInputGradient(
      _ g: Tensor, _ weight: Weight, _ window: ConvolutionWindow, input: [Int]
    ) throws -> Tensor {
      let nothing = Epilogue(bias: nil, activation: .identity, residual: nil)
      let shape = ConvolutionShape(
        n: input[0], h: input[1], w: input[2], inputs: input[3], outputs: weight.shape[0], window: window,
        epilogue: EpilogueShape(nothing))
      guard let (plan, packed) = try prepared(.convolutionGradient(shape), weight) else {
        return try plain.convolutionInputGradient(g, weight, window, input: input)
      }
      let out = try Tensor.uninitialized(input)
      try run(plan, packed, g, nothing, into: out)
      return out
    }

    /// For what oneDNN cannot do, or only in bytes that depend on the number of threads.
    private var plain: OpenBLASBackend { OpenBLASBackend() }

    private func prepared(_ operation: OneDNNOperation, _ weight: Weight) throws -> (
      OneDNNPlan, OneDNNPacked
    )? {
      try weight.form(of: OneDNNBackend.self) { OneDNNWeight() }.prepared(operation, weight)
    }

    private func precision(of weight: Weight) -> Precision { hasBFloat16 ? weight.precision : .float32 }

    /// `run` with the input rounded to bfloat16.
    private func runNarrow(
      _ plan: OneDNNPlan, _ packed: OneDNNPacked, _ x: Tensor, _ epilogue: Epilogue, into out: Tensor
    ) throws {
      let narrow = try Storage(count: (x.count + 1) / 2)
      ck_round_to_bf16(narrow.block.kernelAddress, x.base, x.count)
      try plan.run(
        narrow.block.kernelAddress, packed: packed, bias: epilogue.bias?.base,
        residual: epilogue.residual?.base,
        into: out.base)
    }

    private func run(
      _ plan: OneDNNPlan, _ packed: OneDNNPacked, _ x: Tensor, _ epilogue: Epilogue, into out: Tensor
    ) throws {
      try plan.run(
        x.base, packed: packed, bias: epilogue.bias?.base, residual: epilogue.residual?.base, into: out.base)
    }
  }
#endif
