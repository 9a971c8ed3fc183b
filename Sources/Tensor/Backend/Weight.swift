import Synchronization

/// A layer's weights, and the forms that backends have packed them into.
///
/// A backend reorders weights once and keeps the result here, so the tensor must not be written to afterwards.
public final class Weight: Sendable {
  /// Contiguous, in the checkpoint's order.
  public let tensor: Tensor
  private let forms = Mutex<[(backend: ObjectIdentifier, form: any AnyObject & Sendable)]>([])

  public init(_ tensor: Tensor) {
    self.tensor = tensor
  }

  /// What the backend `Owner` keeps for this weight, made at the first call.
  func form<Owner, Form: AnyObject & Sendable>(of owner: Owner.Type, make: () -> Form) -> Form {
    let key = ObjectIdentifier(owner)
    return forms.withLock { forms in
      for entry in forms where entry.backend == key { return unsafeDowncast(entry.form, to: Form.self) }
      let form = make()
      forms.append((key, form))
      return form
    }
  }
}
