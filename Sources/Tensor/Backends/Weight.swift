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
  /// Reads the checkpoint's order again; nil for weights that were made here.
  private let reader: WeightReader?
  let precision: Precision
  /// Whether what is made of it lasts for one operation only, and is made again for the next.
  let isPassing: Bool

  public init(_ tensor: Tensor) {
    shape = tensor.shape
    node = tensor.node
    state = Mutex(State(plain: tensor.detached))
    reader = nil
    precision = .float32
    isPassing = false
  }

  /// Weights that are read when they are first used, and each time that their first order is wanted: only what backends
  /// make of them stays in memory.
  ///
  /// - Parameters:
  ///   - pool: those with which it is given up
  ///   - reader: gives the same numbers at every call, in this shape or in another of as many
  public init(shape: [Int], pool: WeightPool? = nil, reader: WeightReader) {
    self.shape = shape
    node = nil
    state = Mutex(State(plain: nil))
    self.reader = reader
    precision = pool?.precision ?? .float32
    isPassing = pool?.retention == .operation
    pool?.add(self)
  }

  /// The numbers in the checkpoint's order, contiguous.
  public func tensor() throws -> Tensor {
    if let plain, plain.isContiguous { return plain }
    let forms = state.withLock { $0.forms }
    guard let found = try passing() ?? forms.lazy.compactMap({ try? $0.form.restored(self) }).first else {
      throw TensorError("out of memory: no room for the weights \(Shape.text(shape)) in their first order")
    }
    if !isPassing { state.withLock { $0.plain = found } }
    return found
  }

  /// The same for a form that is being made, not kept here for others; nil if only forms know the numbers.
  func passing() throws -> Tensor? {
    if let plain { return try plain.contiguous() }
    return try reader?.whole().viewed(shape).contiguous()
  }

  /// A way to read some of the outputs at a time, where that is possible and the whole is not at hand.
  var rows: WeightReader.RowReader? { plain == nil ? reader?.rows : nil }

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

  /// Gives up what was made of it, if it can be read again.
  func release() {
    guard reader != nil else { return }
    state.withLock { state in
      state.plain = nil
      state.forms = []
    }
  }

  /// Called by a form that cannot.
  func releasePlainIfReadable() {
    if reader != nil { releasePlain() }
  }
}

/// Weights as a backend likes them.
protocol WeightForm: AnyObject, Sendable {
  /// The checkpoint's order again, bit by bit; nil if this form has packed nothing.
  func restored(_ weight: Weight) throws -> Tensor?
}
