/// How operations put their results on the tape: they compute as if there were none and then call `recorded`, which
/// costs one look at each input where none requires a gradient.
extension Tensor {
  /// Whether an operation on this tensor has to be recorded.
  @inline(__always) var isRecorded: Bool { node != nil && Gradients.areRecorded }

  /// The result of an operation on `x`, with the rule from its gradient to that of `x`.
  @inline(__always)
  func recorded(from x: Tensor, _ rule: @escaping (Tensor) throws -> Tensor) -> Tensor {
    guard x.isRecorded else { return self }
    return recorded(from: [x]) { gradient, _ in [try rule(gradient)] }
  }

  /// The result of an operation on `a` and `b`, with a rule for each.
  @inline(__always)
  func recorded(
    from a: Tensor, _ ruleA: @escaping (Tensor) throws -> Tensor, and b: Tensor,
    _ ruleB: @escaping (Tensor) throws -> Tensor
  ) -> Tensor {
    guard a.isRecorded || b.isRecorded else { return self }
    return recorded(from: [a, b]) { gradient, wanted in
      [wanted[0] ? try ruleA(gradient) : nil, wanted[1] ? try ruleB(gradient) : nil]
    }
  }

  /// The result of an operation on `inputs`, with one rule for all of them.
  func recorded(from inputs: [Tensor], _ rule: @escaping GradientNode.Rule) -> Tensor {
    recorded(from: inputs.map(\.node), rule)
  }

  /// The same, where inputs are known by their nodes: nil for those that require no gradient or were left out.
  func recorded(from inputs: [GradientNode?], _ rule: @escaping GradientNode.Rule) -> Tensor {
    guard Gradients.areRecorded, inputs.contains(where: { $0 != nil }) else { return self }
    return with(GradientNode(shape: shape, .operation(inputs: inputs, rule)))
  }

  /// A view of `whole`, with the way to the same part of another tensor like it.
  @inline(__always)
  func recorded(asPartOf whole: Tensor, _ part: @escaping (Tensor) throws -> Tensor) -> Tensor {
    guard let node = whole.node, Gradients.areRecorded else { return self }
    return with(GradientNode(shape: shape, .part(of: node, part)))
  }

  /// The results of one operation, whose rule gets the gradients of all: zeros for those that came to nothing.
  static func recorded(
    _ outputs: [Tensor], from inputs: [Tensor],
    _ rule: @escaping (_ gradients: [Tensor], _ wanted: [Bool]) throws -> [Tensor?]
  ) -> [Tensor] {
    guard inputs.contains(where: \.isRecorded) else { return outputs }
    // The outputs are parts of one node, whose gradient is theirs end to end.
    let shapes = outputs.map(\.shape)
    let starts = outputs.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    func part(_ index: Int, of joint: Tensor) throws -> Tensor {
      try joint.narrowed(0, start: starts[index], length: starts[index + 1] - starts[index])
        .viewed(shapes[index])
    }
    let node = GradientNode(
      shape: [starts[outputs.count]],
      .operation(inputs: inputs.map(\.node)) { joint, wanted in
        let joint = try joint.contiguous()
        return try rule(shapes.indices.map { try part($0, of: joint) }, wanted)
      })
    return outputs.enumerated().map { index, output in
      output.with(GradientNode(shape: output.shape, .part(of: node) { try part(index, of: $0) }))
    }
  }

  /// The sum over whatever was repeated to make a tensor of this shape out of one of `shape`.
  func summed(to shape: [Int]) throws -> Tensor {
    guard shape != self.shape else { return self }
    let missing = rank - shape.count
    let repeated = (0..<rank).filter { $0 < missing || (shape[$0 - missing] == 1 && self.shape[$0] != 1) }
    let sum = repeated.isEmpty ? self : try sum(dims: repeated, keepDim: true)
    return try sum.reshaped(shape)
  }

  /// The tensor as a rule keeps it.
  var kept: Kept { Kept(self) }
}

/// A tensor that a rule needs later, off the tape. Reading it is an error once it was written over.
struct Kept {
  private let tensor: Tensor
  private let version: Int

  init(_ tensor: Tensor) {
    self.tensor = tensor.detached
    version = tensor.storage.version
  }

  func callAsFunction() throws -> Tensor {
    guard tensor.storage.version == version else {
      throw TensorError(
        "a tensor \(Shape.text(tensor.shape)) that the gradient needs was written in place after it was used; "
          + "clone it before the computation")
    }
    return tensor
  }
}
