#if OneDNN
  import CKernels
  import COneDNN

  /// Weights in the order and the precision that some plans want.
  final class OneDNNPacked: @unchecked Sendable {
    let handle: OpaquePointer
    /// The plans want the checkpoint's own order.
    let isPlain: Bool
    private let storage: Storage

    init(_ tensor: Tensor, for plan: OneDNNPlan) throws {
      try OneDNNPlan.checkRoom()
      let bytes = onednn_packed_bytes(plan.handle)
      isPlain = bytes == 0
      storage = isPlain ? tensor.storage : try Storage(count: (bytes + 3) / 4)
      handle = try Self.wrap(plan, tensor, isPlain ? tensor.base : storage.block.kernelAddress)
    }

    /// From numbers that are read a few outputs at a time, on all threads, and go to their places from the caches: no copy
    /// in the checkpoint's order is ever in memory.
    ///
    /// - Returns: nil where the plan's order does not allow it
    init?(_ shape: [Int], rows: @escaping WeightReader.RowReader, for plan: OneDNNPlan) throws {
      try OneDNNPlan.checkRoom()
      let bytes = onednn_packed_bytes(plan.handle)
      guard bytes > 0 else { return nil }
      let storage = try Storage(count: (bytes + 3) / 4)
      var status: Int32 = 0
      guard
        let packer = onednn_packer_make(
          plan.handle, Int64(Self.outputsOfPiece), storage.block.kernelAddress, &status)
      else {
        if status == onednn_unsuitable { return nil }
        throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(shape))")
      }
      defer { onednn_packer_free(packer) }
      let pieces = (shape[0] + Self.outputsOfPiece - 1) / Self.outputsOfPiece
      let width = shape[1...].reduce(1, *)
      _ = try Compute.concurrently(pieces) { piece in
        let outputs = piece * Self.outputsOfPiece..<min((piece + 1) * Self.outputsOfPiece, shape[0])
        let plain = try Tensor.uninitialized([outputs.count, width])
        try rows(outputs, plain.base)
        let status = onednn_packer_run(packer, Int64(piece), plain.base)
        guard status == 0 else { throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(shape))") }
      }
      isPlain = false
      self.storage = storage
      handle = try Self.wrap(plan, nil, storage.block.kernelAddress)
    }

    /// A multiple of what every order mixes.
    private static let outputsOfPiece = 64

    deinit { onednn_packed_free(handle) }

    private static func wrap(
      _ plan: OneDNNPlan, _ tensor: Tensor?, _ buffer: UnsafeMutablePointer<Float>
    ) throws -> OpaquePointer {
      var status: Int32 = 0
      guard let packed = onednn_pack(plan.handle, tensor?.base, buffer, &status) else {
        throw OneDNNPlan.error(status, "reorder weights")
      }
      return packed
    }

    func unpacked(_ shape: [Int]) throws -> Tensor {
      let out = try Tensor.uninitialized(shape)
      let status = onednn_unpack(handle, out.base)
      guard status == 0 else { throw OneDNNPlan.error(status, "reorder the weights \(Shape.text(shape))") }
      return out
    }
  }
#endif
