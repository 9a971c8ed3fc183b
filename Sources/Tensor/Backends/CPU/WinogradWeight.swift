#if OneDNN
  import CKernels
  import Synchronization

  /// A 3 × 3 kernel's values at the 36 points, each a matrix {out, in} of its own.
  final class WinogradWeight: WeightForm {
    private let made = Mutex<[Weight]?>(nil)

    /// - Parameter prepare: packs a kernel; called on several threads
    func kernels(of weight: Weight, prepare: (Weight) throws -> Void) throws -> [Weight] {
      try made.withLock { made in
        if let made { return made }
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        let values = try Tensor.uninitialized([ck_winograd_products, outputs, inputs])
        try ck_winograd_kernels(values.base, (weight.passing() ?? weight.tensor()).base, outputs, inputs)
        let kernels = try (0..<values.shape[0]).map { Weight(try values.selected(0, $0)) }
        _ = try Compute.concurrently(kernels.count) { try prepare(kernels[$0]) }
        if !weight.isPassing { made = kernels }
        weight.releasePlainIfReadable()
        return kernels
      }
    }

    /// The values do not give back every bit of the kernel.
    func restored(_ weight: Weight) throws -> Tensor? { nil }
  }
#endif
