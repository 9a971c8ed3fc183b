#if OneDNN
  import COneDNN

  /// What identifies a compiled operation: everything but the numbers.
  enum OneDNNOperation: Hashable {
    case product(ProductShape)
    case linear(LinearShape)
    case convolution(ConvolutionShape)
    /// From the gradient of its result to that of its input.
    case convolutionGradient(ConvolutionShape)
  }

  struct EpilogueShape: Hashable {
    var activation: Activation
    var hasBias: Bool
    var hasResidual: Bool

    init(_ epilogue: Epilogue) {
      activation = epilogue.activation
      hasBias = epilogue.bias != nil
      hasResidual = epilogue.residual != nil
    }

    var c: onednn_epilogue {
      onednn_epilogue(activation: activation.rawValue, has_bias: hasBias, has_residual: hasResidual)
    }
  }

  struct ProductShape: Hashable {
    var batch: Int, m: Int, n: Int, k: Int
    var aBatch: Int, a: MatrixLayout
    var bBatch: Int, b: MatrixLayout

    var c: onednn_product {
      onednn_product(
        batch: Int64(batch), m: Int64(m), n: Int64(n), k: Int64(k), a_batch: Int64(aBatch),
        a_row: Int64(a.row),
        a_column: Int64(a.column), b_batch: Int64(bBatch), b_row: Int64(b.row), b_column: Int64(b.column))
    }
  }

  struct LinearShape: Hashable {
    var rows: Int, inputs: Int, outputs: Int
    var precision = Precision.float32
    var epilogue: EpilogueShape

    var c: onednn_linear {
      onednn_linear(
        rows: Int64(rows), inputs: Int64(inputs), outputs: Int64(outputs),
        is_bfloat16: precision == .bfloat16, epilogue: epilogue.c)
    }
  }

  extension LinearShape {
    /// The product alone.
    init(rows: Int, _ weight: Weight) {
      let nothing = Epilogue(bias: nil, activation: .identity, residual: nil)
      self.init(
        rows: rows, inputs: weight.shape[1], outputs: weight.shape[0], epilogue: EpilogueShape(nothing))
    }
  }

  struct ConvolutionShape: Hashable {
    var n: Int, h: Int, w: Int, inputs: Int, outputs: Int
    var window: ConvolutionWindow
    var precision = Precision.float32
    var epilogue: EpilogueShape

    var result: [Int] {
      let size = window.output(height: h, width: w)
      return [n, size.height, size.width, outputs]
    }

    var c: onednn_convolution {
      onednn_convolution(
        n: Int64(n), h: Int64(h), w: Int64(w), inputs: Int64(inputs), outputs: Int64(outputs),
        groups: Int64(window.groups), kernel_h: Int64(window.height), kernel_w: Int64(window.width),
        stride: Int64(window.stride), top: Int64(window.padding.top), left: Int64(window.padding.left),
        bottom: Int64(window.padding.bottom), right: Int64(window.padding.right),
        is_bfloat16: precision == .bfloat16, epilogue: epilogue.c)
    }
  }
#endif
