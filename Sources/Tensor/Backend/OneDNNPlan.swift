#if OneDNN
  import CKernels
  import COneDNN
  import Synchronization

  /// One operation that oneDNN has compiled for one shape.
  final class OneDNNPlan: @unchecked Sendable {
    let handle: OpaquePointer
    private let scratchBytes: Int

    /// oneDNN divides the work when it compiles, so the number of threads belongs to the key.
    struct Key: Hashable {
      var operation: OneDNNOperation
      var threads: Int32
    }

    private static let plans = Mutex<[Key: OneDNNPlan?]>([:])
    private static let mostPlans = 1024

    /// Nil for a convolution that oneDNN cannot do well. Compiling takes 0.1 to 3 ms, looking up less than 1 µs.
    static func cached(_ operation: OneDNNOperation) throws -> OneDNNPlan? {
      let key = Key(operation: operation, threads: ck_threads())
      return try plans.withLock { plans in
        if let plan = plans[key] { return plan }
        let plan = try OneDNNPlan(operation)
        if plans.count >= mostPlans { plans.removeAll() }
        plans[key] = plan
        return plan
      }
    }

    private init?(_ operation: OneDNNOperation) throws {
      var status: Int32 = 0
      let plan: OpaquePointer?
      switch operation {
      case .product(let shape):
        var c = shape.c
        plan = onednn_plan_product(&c, &status)
      case .linear(let shape):
        var c = shape.c
        plan = onednn_plan_linear(&c, &status)
      case .convolution(let shape):
        var c = shape.c
        plan = onednn_plan_convolution(&c, &status)
      }
      if status == onednn_unsuitable { return nil }
      guard let plan else { throw OneDNNPlan.error(status, "prepare \(operation)") }
      handle = plan
      scratchBytes = onednn_plan_scratch(plan)
    }

    deinit { onednn_plan_free(handle) }

    var implementation: String { String(cString: onednn_plan_implementation(handle)) }

    /// A product takes `b`, a layer `packed`.
    func run(
      _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>? = nil, packed: OneDNNPacked? = nil,
      bias: UnsafePointer<Float>? = nil, residual: UnsafePointer<Float>? = nil,
      into result: UnsafeMutablePointer<Float>
    ) throws {
      let scratch = scratchBytes > 0 ? ck_scratch(scratchBytes) : nil
      let status = onednn_run(handle, a, b, packed?.handle, bias, residual, result, scratch)
      guard status == 0 else { throw OneDNNPlan.error(status, "run an operation") }
    }

    static func error(_ status: Int32, _ what: String) -> TensorError {
      // Status 1 is dnnl_out_of_memory.
      status == 1
        ? TensorError("out of memory: oneDNN could not \(what)")
        : TensorError("oneDNN could not \(what) (status \(status))")
    }
  }

  /// Weights in the order that some plans want.
  final class OneDNNPacked: @unchecked Sendable {
    let handle: OpaquePointer
    private let storage: Storage

    init(_ tensor: Tensor, for plan: OneDNNPlan) throws {
      let bytes = onednn_packed_bytes(plan.handle)
      storage = bytes == 0 ? tensor.storage : try Storage(count: (bytes + 3) / 4)
      var status: Int32 = 0
      let buffer = bytes == 0 ? tensor.base : storage.pointer
      guard let packed = onednn_pack(plan.handle, tensor.base, buffer, &status) else {
        throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(tensor.shape))")
      }
      handle = packed
    }

    deinit { onednn_packed_free(handle) }
  }

  /// What `OneDNNBackend` keeps in a `Weight`: the packed orders, and the plans of the last few shapes.
  final class OneDNNWeight: Sendable {
    private struct State {
      var recent: [(key: OneDNNPlan.Key, plan: OneDNNPlan, packed: OneDNNPacked)] = []
      var packed: [OneDNNPacked] = []
    }
    private let state = Mutex(State())
    private static let mostRecent = 8

    func prepared(_ operation: OneDNNOperation, _ tensor: Tensor) throws -> (OneDNNPlan, OneDNNPacked)? {
      let key = OneDNNPlan.Key(operation: operation, threads: ck_threads())
      return try state.withLock { state in
        for entry in state.recent where entry.key == key { return (entry.plan, entry.packed) }
        guard let plan = try OneDNNPlan.cached(operation) else { return nil }
        let packed: OneDNNPacked
        if let found = state.packed.first(where: { onednn_packed_fits($0.handle, plan.handle) }) {
          packed = found
        } else {
          packed = try OneDNNPacked(tensor, for: plan)
          state.packed.append(packed)
        }
        if state.recent.count >= OneDNNWeight.mostRecent { state.recent.removeFirst() }
        state.recent.append((key, plan, packed))
        return (plan, packed)
      }
    }
  }
#endif
