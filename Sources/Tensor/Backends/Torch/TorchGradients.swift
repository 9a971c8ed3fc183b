/// Attention, and gradients.
extension TorchBackend {
  public func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor?
  ) throws -> Tensor {
    let v = try split(value, heads)
    let made: TorchHandle
    // PyTorch's causal mask begins at the first key, ours ends at the last.
    if sums == nil && (mask == .none || query.shape[1] == key.shape[1]) {
      made = try TorchOperator("scaled_dot_product_attention").call([
        .handle(split(query, heads)), .handle(split(key, heads)), .handle(v), .absent, .number(0),
        .truth(mask == .causal), .someNumber(Double(scale)), .truth(false),
      ])[0]
    } else {
      let p = try probabilities(query, key, heads, scale, mask)
      if let sums { try add(p, to: sums) }
      made = try call("matmul", "", p, v)
    }
    let (n, length, width) = (query.shape[0], query.shape[1], query.shape[2])
    let head = width / heads
    let out = try Tensor.uninitialized(query.shape, in: memoryOfDevice)
    try copy(made, to: view(out, [n, heads, length, head], [length * width, head, width, 1]))
    return out
  }

  public func addProbabilities(
    query: Tensor, key: Tensor, heads: Int, scale: Float, mask: AttentionMask, sums: Tensor
  ) throws {
    try add(probabilities(query, key, heads, scale, mask), to: sums)
  }

  private func add(_ p: TorchHandle, to sums: Tensor) throws {
    let target = try view(sums)
    let total = try call("sub", "Tensor", target, TorchOperator("neg").call([.handle(p)])[0])
    try copy(total, to: target)
  }

  /// {n, l, heads·d} as {n, heads, l, d}.
  private func split(_ x: Tensor, _ heads: Int) throws -> TorchHandle {
    let head = x.shape[2] / heads
    return try view(
      x, [x.shape[0], heads, x.shape[1], head], [x.strides[0], head, x.strides[1], 1])
  }

  private func probabilities(
    _ query: Tensor, _ key: Tensor, _ heads: Int, _ scale: Float, _ mask: AttentionMask
  ) throws -> TorchHandle {
    let columns = try TorchOperator("transpose", "int").call([
      .handle(split(key, heads)), .integer(2), .integer(3),
    ])[0]
    let scaled = try call("mul", "Tensor", split(query, heads), TorchHandle.number(scale))
    var scores = try call("matmul", "", scaled, columns)
    if mask == .causal {
      let (queries, keys) = (query.shape[1], key.shape[1])
      let values = (0..<queries).flatMap { i in
        (0..<keys).map { $0 <= i + keys - queries ? Float(0) : .infinity }
      }
      scores = try call("sub", "Tensor", scores, view(Tensor(values, shape: [queries, keys])))
    }
    return try TorchOperator("softmax", "int").call([.handle(scores), .integer(-1), .absent])[0]
  }

  // MARK: Gradients

  public func linearInputGradient(_ g: Tensor, _ weight: Weight) throws -> Tensor {
    let made = try call("mm", "", view(g), matrix(weight))
    return try tensor(made, [g.shape[0], weight.shape[1]])
  }

  public func convolutionInputGradient(
    _ g: Tensor, _ weight: Weight, _ window: ConvolutionWindow, input: [Int]
  ) throws -> Tensor {
    let (top, left) = (window.padding.top, window.padding.left)
    let whole = [
      input[0], input[1] + top + window.padding.bottom, input[2] + left + window.padding.right, input[3],
    ]
    // Its numbers are not read.
    let x = try Tensor.uninitialized(whole, in: memoryOfDevice)
    let made = try backwards(g, x, form(weight).onDevice(weight, self), window, [true, false, false])[0]
    let (n, h, w, c) = (whole[0], whole[1], whole[2], whole[3])
    let gradient = try tensor(made, whole, sizes: [n, c, h, w], strides: [h * w * c, 1, w * c, c])
    if window.padding == .none { return gradient }
    return try gradient.narrowed(1, start: top, length: input[1]).narrowed(2, start: left, length: input[2])
      .contiguous()
  }

  public func convolutionWeightGradient(_ g: Tensor, input x: Tensor, _ window: ConvolutionWindow) throws
    -> Tensor
  {
    let shape = [g.shape[3], x.shape[3] / window.groups, window.height, window.width]
    // Its numbers are not read.
    let kernel = try Tensor.uninitialized(shape, in: memoryOfDevice)
    let made = try backwards(g, padded(x, window), view(kernel), window, [false, true, false])[1]
    return try tensor(made, shape)
  }

  private func backwards(
    _ g: Tensor, _ x: Tensor, _ kernel: TorchHandle, _ window: ConvolutionWindow, _ wanted: [Bool]
  ) throws -> [TorchHandle] {
    try TorchOperator("convolution_backward").call(
      [
        .handle(pictures(g)), .handle(pictures(x)), .handle(kernel), .absent,
        .integers([window.stride, window.stride]), .integers([0, 0]), .integers([1, 1]), .truth(false),
        .integers([0, 0]), .integer(window.groups), .truths(wanted),
      ], results: 3)
  }

  public func groupNormGradient(
    _ g: Tensor, input x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float,
    activation: Activation
  ) throws -> Tensor {
    let (n, pixels, c) = (x.shape[0], x.shape[1], x.shape[2])
    let sizes: [TorchOperator.Argument] = [.integer(n), .integer(c), .integer(pixels), .integer(groups)]
    func rows(_ x: Tensor) throws -> TorchHandle { try view(x.transposed(1, 2).contiguous()) }
    let input = try rows(x)
    let made = try TorchOperator("native_group_norm").call(
      [.handle(input), .optional(view(weight)), .optional(view(bias))] + sizes + [.number(Double(epsilon))],
      results: 3)
    var gradient = g
    if activation != .identity {
      let normed = try tensor(made[0], [n, c, pixels]).transposed(1, 2).contiguous()
      gradient = try activationGradient(g, input: normed, activation)
    }
    let back = try TorchOperator("native_group_norm_backward").call(
      [.handle(rows(gradient)), .handle(input), .handle(made[1]), .handle(made[2]), .optional(view(weight))]
        + sizes
        + [.truths([true, false, false])], results: 3)
    return try tensor(back[0], [n, c, pixels]).transposed(1, 2).contiguous()
  }

  public func layerNormGradient(_ g: Tensor, input x: Tensor, weight: Tensor, epsilon: Float) throws -> Tensor
  {
    let (input, scale) = try (view(x), view(weight))
    let made = try TorchOperator("native_layer_norm").call(
      [.handle(input), .integers([weight.count]), .optional(scale), .absent, .number(Double(epsilon))],
      results: 3)
    let back = try TorchOperator("native_layer_norm_backward").call(
      [
        .handle(view(g)), .handle(input), .integers([weight.count]), .handle(made[1]), .handle(made[2]),
        .optional(scale), .absent, .truths([true, false, false]),
      ], results: 3)
    return try tensor(back[0], x.shape)
  }

  public func softmaxGradient(_ g: Tensor, result p: Tensor) throws -> Tensor {
    let made = try TorchOperator("_softmax_backward_data").call([
      .handle(view(g)), .handle(view(p)), .integer(-1), .type(.float32),
    ])[0]
    return try tensor(made, p.shape)
  }

  public func activationGradient(_ g: Tensor, input x: Tensor, _ activation: Activation) throws -> Tensor {
    let (gradient, input) = try (view(g), view(x))
    switch activation {
    case .identity:
      let out = try Tensor.uninitialized(x.shape, in: memoryOfDevice)
      copy(g, to: out)
      return out
    case .relu:
      let above = try call("gt", "Tensor", input, TorchHandle.number(0))
      return try tensor(call("mul", "Tensor", gradient, above), x.shape)
    case .silu:
      return try tensor(call("silu_backward", "", gradient, input), x.shape)
    case .gelu, .geluTanh:
      return try tensor(geluGradient(gradient, input, activation == .gelu ? "none" : "tanh"), x.shape)
    case .quickGelu:
      // s + 1.702·x·s·(1 − s), of s = σ(1.702 x)
      let slope = try call("mul", "Tensor", input, TorchHandle.number(1.702))
      let s = try TorchOperator("sigmoid").call([.handle(slope)])[0]
      let rest = try call("sub", "Tensor", s, call("mul", "Tensor", s, s))
      let bend = try TorchOperator("neg").call([.handle(call("mul", "Tensor", slope, rest))])[0]
      return try tensor(call("mul", "Tensor", gradient, call("sub", "Tensor", s, bend)), x.shape)
    }
  }

  private func geluGradient(_ g: TorchHandle, _ x: TorchHandle, _ kind: String) throws -> TorchHandle {
    try TorchOperator("gelu_backward").call([.handle(g), .handle(x), .text(kind)])[0]
  }

  public func gegluGradient(_ g: Tensor, input x: Tensor) throws -> Tensor {
    let (values, gates) = try halves(x)
    let out = try Tensor.uninitialized(x.shape, in: memoryOfDevice)
    let (ofValues, ofGates) = try halves(out)
    let gate = try TorchOperator("gelu").call([.handle(view(gates)), .text("none")])[0]
    try copy(call("mul", "Tensor", view(g), gate), to: view(ofValues))
    let slope = try call("mul", "Tensor", view(g), view(values))
    try copy(geluGradient(slope, view(gates), "none"), to: view(ofGates))
    return out
  }
}
