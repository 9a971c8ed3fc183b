import Synchronization

/// A layer's weights, and the forms that backends have packed them into.
///
/// A backend reorders weights once and keeps the result here, so the tensor must not be written to afterwards. Once
/// packed, the original order is given up (weights fill most of a model's memory) and made again where it is needed.
public final class Weight: Sendable {
  public let shape: [Int]
  /// The tensor's place on the tape; nil for one that requires no gradient.
  let node: GradientNode?

  var isRecorded: Bool { node != nil && Gradients.areRecorded }

  private struct State {
    /// In the checkpoint's order.
    var plain: Tensor?
    var forms: [(backend: ObjectIdentifier, form: any WeightForm)] = []
  }
  private let state: Mutex<State>

  public init(_ tensor: Tensor) {
    shape = tensor.shape
    node = tensor.node
    state = Mutex(State(plain: tensor.detached))
  }

  /// The numbers in the checkpoint's order, contiguous.
  public func tensor() throws -> Tensor {
    let (plain, forms) = state.withLock { ($0.plain, $0.forms) }
    if let plain, plain.isContiguous { return plain }
    guard let found = try plain?.contiguous() ?? forms.lazy.compactMap({ try? $0.form.restored(self) }).first
    else {
      throw TensorError("out of memory: no room for the weights \(Shape.text(shape)) in their first order")
    }
    state.withLock { $0.plain = found }
    return found
  }

  /// What the backend `Owner` keeps for this weight, made at the first call.
  func form<Owner, Form: WeightForm>(of owner: Owner.Type, make: () -> Form) -> Form {
    let key = ObjectIdentifier(owner)
    return state.withLock { state in
      for entry in state.forms where entry.backend == key { return unsafeDowncast(entry.form, to: Form.self) }
      let form = make()
      state.forms.append((key, form))
      return form
    }
  }

  /// The checkpoint's order if it is still at hand.
  var plain: Tensor? { state.withLock { $0.plain } }

  /// Called by a form that can bring back the checkpoint's order.
  func releasePlain() {
    state.withLock { $0.plain = nil }
  }
}

/// Weights as a backend likes them.
protocol WeightForm: AnyObject, Sendable {
  /// The checkpoint's order again, bit by bit; nil if this form has packed nothing.
  func restored(_ weight: Weight) throws -> Tensor?
}
