#if OneDNN
  import CKernels
  import COneDNN
  import Synchronization

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
        if weight.isPassing { return (plan, try packed(weight, plan, state)) }
        let packed =
          try state.packed.first { onednn_packed_fits($0.handle, plan.handle) } ?? pack(weight, plan, &state)
        if state.recent.count >= OneDNNWeight.mostRecent { state.recent.removeFirst() }
        state.recent.append((key, plan, packed))
        return (plan, packed)
      }
    }

    private func pack(_ weight: Weight, _ plan: OneDNNPlan, _ state: inout State) throws -> OneDNNPacked {
      let packed = try packed(weight, plan, state)
      state.packed.append(packed)
      if !packed.isPlain { weight.releasePlain() }
      return packed
    }

    private func packed(_ weight: Weight, _ plan: OneDNNPlan, _ state: State) throws -> OneDNNPacked {
      if let rows = weight.rows, let packed = try OneDNNPacked(weight.shape, rows: rows, for: plan) {
        return packed
      }
      guard let plain = try weight.passing() ?? state.packed.first?.unpacked(weight.shape) else {
        throw TensorError("the weights \(Shape.text(weight.shape)) are gone")
      }
      return try OneDNNPacked(plain, for: plan)
    }

    func restored(_ weight: Weight) throws -> Tensor? {
      try state.withLock { $0.packed.first }?.unpacked(weight.shape)
    }
  }
#endif
