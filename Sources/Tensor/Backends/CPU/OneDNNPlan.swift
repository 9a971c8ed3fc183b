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

    /// oneDNN writes machine code whether or not it was given memory for it, and the process ends: room is looked for beforehand.
    static func checkRoom() throws {
      try Room.check(1, bytes: 64 << 20, for: "oneDNN to prepare its kernels")
    }

    private init?(_ operation: OneDNNOperation) throws {
      try Self.checkRoom()
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
      case .convolutionGradient(let shape):
        var c = shape.c
        plan = onednn_plan_convolution_gradient(&c, &status)
      }
      if status == onednn_unsuitable { return nil }
      guard let plan else { throw OneDNNPlan.error(status, "prepare \(operation)") }
      handle = plan
      scratchBytes = onednn_plan_scratch(plan)
    }

    deinit { onednn_plan_free(handle) }

    var implementation: String { String(cString: onednn_plan_implementation(handle)) }

    /// A product takes `b`, a layer `packed`. `a` are the numbers of the operation's precision.
    func run(
      _ a: UnsafeRawPointer, _ b: UnsafePointer<Float>? = nil, packed: OneDNNPacked? = nil,
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
#endif
