extension Tensor {
  /// Adds the gradient of this number with respect to every marked tensor it depends on to their `gradient`.
  ///
  /// - Parameter keepsTape: leaves the tape as it is, for a second pass; else it is let go of on the way.
  /// - Throws: `TensorError` if this is not one number, depends on no marked tensor, or its tape is gone.
  public func backward(keepsTape: Bool = false) throws {
    let node = try lossNode()
    let pass = try BackwardPass(from: [node], targets: nil)
    for (leaf, gradient) in try pass.run([.ones(shape)], keepsTape: keepsTape) {
      leaf.gradient = try leaf.gradient?.adding(gradient) ?? gradient
    }
  }

  /// The gradients of this number with respect to `inputs`, {the shape of each}. No tensor's `gradient` changes.
  ///
  /// - Throws: as `backward`, and if the number does not depend on one of the inputs.
  public func gradients(of inputs: [Tensor], keepsTape: Bool = false) throws -> [Tensor] {
    let node = try lossNode()
    let targets = try inputs.map { input in
      guard let target = input.node else {
        throw TensorError(
          "a tensor \(Shape.text(input.shape)) does not require a gradient", cause: .notRecorded)
      }
      return target
    }
    let pass = try BackwardPass(from: [node], targets: targets)
    let found = try pass.run([.ones(shape)], keepsTape: keepsTape)
    return try targets.map { target in
      guard let gradient = found.first(where: { $0.node === target })?.gradient else {
        throw TensorError(
          "the result does not depend on the tensor \(Shape.text(target.shape))", cause: .notRecorded)
      }
      return gradient
    }
  }

  private func lossNode() throws -> GradientNode {
    guard count == 1 else {
      throw TensorError("a gradient starts from one number, got \(Shape.text(shape)); sum or mean make one")
    }
    guard let node else {
      throw TensorError(
        "the result does not depend on a tensor that requires a gradient", cause: .notRecorded)
    }
    return node
  }
}

/// One way back over the tape.
struct BackwardPass {
  /// Inputs before what is computed from them.
  private let order: [GradientNode]
  private let outputs: [GradientNode]
  /// Whose gradients are asked for; nil for the leaves'.
  private let targets: Set<ObjectIdentifier>?
  /// The nodes on the way to a target.
  private let wanted: Set<ObjectIdentifier>

  /// - Throws: `TensorError` if a part of the tape is gone.
  init(from outputs: [GradientNode], targets: [GradientNode]?) throws {
    self.outputs = outputs
    self.targets = targets.map { Set($0.map(ObjectIdentifier.init)) }
    order = try Self.sorted(outputs)
    var wanted: Set<ObjectIdentifier> = []
    for node in order {
      let isTarget = self.targets?.contains(ObjectIdentifier(node)) ?? node.isLeaf
      if isTarget || node.inputs.contains(where: { wanted.contains(ObjectIdentifier($0)) }) {
        wanted.insert(ObjectIdentifier(node))
      }
    }
    self.wanted = wanted
  }

  /// By depth first, without recursion: tapes can be long.
  private static func sorted(_ outputs: [GradientNode]) throws -> [GradientNode] {
    var order: [GradientNode] = []
    var seen: Set<ObjectIdentifier> = []
    var path: [(node: GradientNode, inputs: ArraySlice<GradientNode>)] = []
    func visit(_ node: GradientNode) throws {
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      if case .spent = node.origin {
        throw TensorError(
          "a part of this computation was differentiated before and is gone: compute it again, or keep it",
          cause: .tapeSpent)
      }
      path.append((node, node.inputs[...]))
    }
    for output in outputs {
      try visit(output)
      while let last = path.last {
        if let input = last.inputs.first {
          path[path.count - 1].inputs.removeFirst()
          try visit(input)
        } else {
          order.append(path.removeLast().node)
        }
      }
    }
    return order
  }

  /// The gradients of the targets that are reached, each with storage of its own.
  func run(_ gradients: [Tensor], keepsTape: Bool) throws -> [(node: GradientNode, gradient: Tensor)] {
    try Gradients.withoutRecording {
      try isSmall
        ? Compute.alone { try passed(gradients, keepsTape: keepsTape) }
        : passed(gradients, keepsTape: keepsTape)
    }
  }

  /// Whether the way back is quicker on one thread than with a thread to wake for every operation.
  private var isSmall: Bool { order.allSatisfy { $0.shape.reduce(1, *) <= Self.smallNode } }

  /// Numbers in the largest tensor. Measured (Docs/ARCHITECTURE.md, performance).
  private static let smallNode = 1 << 18

  private func passed(_ gradients: [Tensor], keepsTape: Bool) throws -> [(
    node: GradientNode, gradient: Tensor
  )] {
    var sums = GradientSums()
    for (output, gradient) in zip(outputs, gradients) { try sums.add(gradient, to: output) }
    var found: [(node: GradientNode, gradient: Tensor)] = []
    for node in order.reversed() {
      try Interruption.check()
      defer { if !keepsTape { node.spend() } }
      guard wanted.contains(ObjectIdentifier(node)), let sum = sums.take(node) else { continue }
      if targets?.contains(ObjectIdentifier(node)) ?? node.isLeaf {
        found.append((node, sum.isOwned ? sum.tensor : try sum.tensor.clone()))
      }
      try pass(sum.tensor, through: node, &sums)
    }
    return found
  }

  private func pass(_ gradient: Tensor, through node: GradientNode, _ sums: inout GradientSums) throws {
    switch node.origin {
    case .leaf, .spent: break
    case .part(let input, let part):
      try sums.add(gradient, to: input, part)
    case .operation(let inputs, let rule):
      let wanted = inputs.map { $0.map { self.wanted.contains(ObjectIdentifier($0)) } ?? false }
      for (index, part) in try rule(gradient, wanted).enumerated() where wanted[index] {
        if let part, let input = inputs[index] { try sums.add(part, to: input) }
      }
    }
  }
}

/// What has arrived so far at each node.
private struct GradientSums {
  private var sums: [ObjectIdentifier: (tensor: Tensor, isOwned: Bool)] = [:]

  mutating func take(_ node: GradientNode) -> (tensor: Tensor, isOwned: Bool)? {
    sums.removeValue(forKey: ObjectIdentifier(node))
  }

  /// The first gradient is kept as it is: it may be shared with other nodes. The second makes a sum that is ours.
  mutating func add(_ gradient: Tensor, to node: GradientNode) throws {
    assert(gradient.shape == node.shape, "\(gradient.shape) cannot be the gradient of \(node.shape)")
    let key = ObjectIdentifier(node)
    guard let sum = sums[key] else {
      sums[key] = (gradient, false)
      return
    }
    if sum.isOwned {
      try sum.tensor.add_(gradient)
    } else {
      sums[key] = (try sum.tensor.adding(gradient), true)
    }
  }

  /// Adds to a part of the node's gradient.
  mutating func add(_ gradient: Tensor, to node: GradientNode, _ part: (Tensor) throws -> Tensor) throws {
    // Parts keep the order of what they are cut from.
    guard gradient.count < node.shape.reduce(1, *) else {
      return try add(gradient.reshaped(node.shape), to: node)
    }
    let key = ObjectIdentifier(node)
    let known = sums[key]
    let whole: Tensor =
      if let known { known.isOwned ? known.tensor : try known.tensor.clone() } else { try .zeros(node.shape) }
    try part(whole).add_(gradient)
    sums[key] = (whole, true)
  }
}
