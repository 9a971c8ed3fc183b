extension Tensor {
  /// activation(self·wᵀ + bias) + residual over the last dimension: {…, in} → {…, out} with w {out, in}.
  public func linear(
    _ w: Weight, bias: Tensor? = nil, activation: Activation = .identity, residual: Tensor? = nil
  ) throws -> Tensor {
    guard w.shape.count == 2 else {
      throw TensorError("linear: the weight must be {out, in}, got \(Shape.text(w.shape))")
    }
    let (outputs, inputs) = (w.shape[0], w.shape[1])
    guard rank >= 1, shape[rank - 1] == inputs else {
      throw TensorError("linear: the weight \(Shape.text(w.shape)) does not take \(Shape.text(shape))")
    }
    var result = shape
    result[rank - 1] = outputs
    let epilogue = try Epilogue.checked(
      "linear", result: result, outputs: outputs, bias: bias, activation: activation, residual: residual)
    let total = try Shape.count(result)
    guard total > 0 && inputs > 0 else {
      return try .emptySum(result, of: self, w, bias: bias, activation: activation, residual: residual)
    }
    if activation != .identity, isRecorded || w.isRecorded || bias?.isRecorded ?? false {
      // The activation's rule needs what enters it.
      return try linear(w, bias: bias).applying(activation).adding(residual: residual)
    }
    let rows = try detached.contiguous().viewed([count / inputs, inputs])
    return try Compute.backend.linear(rows, w, epilogue).viewed(result)
      .recordedLinear(from: self, w, rows: rows, bias: bias, residual: residual)
  }

  /// The result of `linear` or a pointwise convolution without activation. `rows` {rows, in} is the input.
  func recordedLinear(
    from x: Tensor, _ w: Weight, rows: Tensor, bias: Tensor?, residual: Tensor?
  ) -> Tensor {
    let inputs = [x.node, w.node, bias?.node, residual?.node]
    guard inputs.contains(where: { $0 != nil }) else { return self }
    let rows = w.isRecorded ? rows.kept : nil
    let shape = x.shape
    return recorded(from: inputs) { gradient, wanted in
      let g = try gradient.contiguous().viewed([-1, w.shape[0]])
      return [
        wanted[0] ? try Compute.backend.linearInputGradient(g, w).viewed(shape) : nil,
        wanted[1] ? try g.transposed(0, 1).matmul(rows?() ?? g).reshaped(w.shape) : nil,
        wanted[2] ? try g.sum(dim: 0) : nil, gradient,
      ]
    }
  }

  func adding(residual: Tensor?) throws -> Tensor { try residual.map { try adding($0) } ?? self }

  /// An activation by itself.
  public func applying(_ activation: Activation) throws -> Tensor {
    switch activation {
    case .identity: self
    case .relu: try relu()
    case .silu: try silu()
    case .gelu: try gelu()
    case .geluTanh: try geluTanh()
    case .quickGelu: try quickGelu()
    }
  }

  /// What of the gradient of an activation's result is that of its input, which this is.
  func activationGradient(_ activation: Activation, _ gradient: Tensor) throws -> Tensor {
    try Compute.backend.activationGradient(gradient.contiguous(), input: contiguous(), activation)
  }
}

extension Epilogue {
  static func checked(
    _ name: String, result: [Int], outputs: Int, bias: Tensor?, activation: Activation, residual: Tensor?
  ) throws -> Epilogue {
    if let bias, bias.shape != [outputs] {
      throw TensorError("\(name): the bias must be {\(outputs)}, got \(Shape.text(bias.shape))")
    }
    if let residual, residual.shape != result {
      throw TensorError(
        "\(name): the residual must be \(Shape.text(result)) as the result is, got \(Shape.text(residual.shape))"
      )
    }
    return Epilogue(
      bias: try bias?.detached.contiguous(), activation: activation,
      residual: try residual?.detached.contiguous())
  }
}

extension Tensor {
  /// A layer's result where there is nothing to add up: zeros through what follows the sum.
  static func emptySum(
    _ shape: [Int], of x: Tensor, _ w: Weight, bias: Tensor?, activation: Activation, residual: Tensor?
  ) throws -> Tensor {
    let nothing = try Tensor.zeros(shape).recorded(from: [x.node, w.node]) { [x = x.shape] _, _ in
      [try .zeros(x), try .zeros(w.shape)]
    }
    let sum = try bias.map { try nothing.adding($0) } ?? nothing
    return try sum.applying(activation).adding(residual: residual)
  }

  /// Zeros that do not depend on the numbers of `inputs`, for operations on nothing: their gradients are 0.
  static func zeros(_ shape: [Int], recordedFrom inputs: [Tensor]) throws -> Tensor {
    let shapes = inputs.map(\.shape)
    return try .zeros(shape).recorded(from: inputs) { _, _ in try shapes.map { try .zeros($0) } }
  }
}
