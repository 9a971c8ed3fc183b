#if OneDNN
  import CKernels
  import COneDNN
  import Synchronization

  /// Weights in the order that some plans want.
  final class OneDNNPacked: @unchecked Sendable {
    let handle: OpaquePointer
    /// The plans want the checkpoint's own order.
    let isPlain: Bool
    private let storage: Storage

    init(_ tensor: Tensor, for plan: OneDNNPlan) throws {
      let bytes = onednn_packed_bytes(plan.handle)
      isPlain = bytes == 0
      storage = isPlain ? tensor.storage : try Storage(count: (bytes + 3) / 4)
      var status: Int32 = 0
      let buffer = isPlain ? tensor.base : storage.pointer
      guard let packed = onednn_pack(plan.handle, tensor.base, buffer, &status) else {
        throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(tensor.shape))")
      }
      handle = packed
    }

    deinit { onednn_packed_free(handle) }

    func unpacked(_ shape: [Int]) throws -> Tensor {
      let out = try Tensor.uninitialized(shape)
      let status = onednn_unpack(handle, out.base)
      guard status == 0 else { throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(shape))") }
      return out
    }
  }

  /// What `OneDNNBackend` keeps in a `Weight`: the packed orders, and the plans of the last few shapes.
  final class OneDNNWeight: WeightForm {
    private struct State {
      var recent: [(key: OneDNNPlan.Key, plan: OneDNNPlan, packed: OneDNNPacked)] = []
      var packed: [OneDNNPacked] = []
    }
    private let state = Mutex(State())
    private static let mostRecent = 8

    /// A plan for the operation and the weights in its order; nil where oneDNN has no good plan.
    func prepared(_ operation: OneDNNOperation, _ weight: Weight) throws -> (OneDNNPlan, OneDNNPacked)? {
      let key = OneDNNPlan.Key(operation: operation, threads: ck_threads())
      return try state.withLock { state in
        for entry in state.recent where entry.key == key { return (entry.plan, entry.packed) }
        guard let plan = try OneDNNPlan.cached(operation) else { return nil }
        let packed =
          try state.packed.first { onednn_packed_fits($0.handle, plan.handle) } ?? pack(weight, plan, &state)
        if state.recent.count >= OneDNNWeight.mostRecent { state.recent.removeFirst() }
        state.recent.append((key, plan, packed))
        return (plan, packed)
      }
    }

    private func pack(_ weight: Weight, _ plan: OneDNNPlan, _ state: inout State) throws -> OneDNNPacked {
      guard let plain = try weight.passing() ?? state.packed.first?.unpacked(weight.shape) else {
        throw TensorError("the weights \(Shape.text(weight.shape)) are gone")
      }
      let packed = try OneDNNPacked(plain, for: plan)
      state.packed.append(packed)
      if !packed.isPlain { weight.releasePlain() }
      return packed
    }

    func restored(_ weight: Weight) throws -> Tensor? {
      try state.withLock { $0.packed.first }?.unpacked(weight.shape)
    }
  }
#endif
