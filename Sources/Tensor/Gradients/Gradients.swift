/// Reverse-mode differentiation.
///
/// A tensor that was marked (`requiringGradient`), and whatever is computed from one, carries a `GradientNode`. An
/// operation whose inputs carry none records nothing: the tape is nothing but these nodes, held by the tensors that
/// need them. Each rule stands beside its operation. Gradients of gradients are not supported.
public enum Gradients {
  /// Whether operations on tensors that require a gradient are recorded.
  @TaskLocal public static var areRecorded = true

  /// Runs `body` without recording: what it computes requires no gradient, and it may write into tensors that do.
  public static func withoutRecording<R>(_ body: () throws -> R) rethrows -> R {
    try $areRecorded.withValue(false, operation: body)
  }
}

extension Tensor {
  /// Whether the tensor was marked, or depends on one that was.
  public var requiresGradient: Bool { node != nil }

  /// Whether the tensor itself was marked, so that `backward` leaves a gradient in it.
  public var isLeaf: Bool { node?.isLeaf ?? false }

  /// The same elements, marked: `backward` will sum their gradient in `gradient`.
  public func requiringGradient() -> Tensor {
    isLeaf ? self : with(GradientNode(leaf: shape))
  }

  /// The same elements, off the tape.
  public var detached: Tensor { node == nil ? self : with(nil) }

  /// What `backward` has summed up in a marked tensor, {the tensor's shape}; nil before, and for all other tensors.
  public var gradient: Tensor? { node?.gradient }

  /// Replaces what `backward` has summed up; nil starts anew.
  ///
  /// - Throws: `TensorError` for a tensor that was not marked, and a gradient of another shape.
  public func setGradient(_ gradient: Tensor?) throws {
    guard let node, node.isLeaf else {
      throw TensorError("only a tensor that was marked as requiring a gradient has one")
    }
    if let gradient, gradient.shape != shape {
      throw TensorError(
        "the gradient of a tensor \(Shape.text(shape)) has its shape, got \(Shape.text(gradient.shape))")
    }
    node.gradient = gradient?.detached
  }

  /// Numbers of `value`, gradient of this tensor: a function whose own gradient is no help (rounding, choosing) is
  /// passed by (Bengio et al., arXiv:1308.3432).
  public func straightThrough(_ value: Tensor) throws -> Tensor {
    guard value.shape == shape else {
      throw TensorError(
        "straight-through: both tensors must have one shape, got \(Shape.text(shape)) and "
          + Shape.text(value.shape))
    }
    return value.detached.recorded(from: self) { $0 }
  }
}
