import CKernels

/// The memory that OpenBLAS works in, 128 MiB for each thread that calls it.
enum OpenBLASRoom {
  /// - Throws: `TensorError` where a call of OpenBLAS would wait for memory for ever.
  static func check(threads: Int = 1) throws {
    guard ck_has_openblas_room(threads) else {
      throw TensorError("out of memory: no room for OpenBLAS to work in (128 MiB a thread)")
    }
  }
}
