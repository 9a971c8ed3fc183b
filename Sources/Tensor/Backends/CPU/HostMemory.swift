import CKernels

/// The processor's own memory, in blocks aligned to 64 bytes; those given back are kept a while for the next.
public struct HostMemory: DeviceMemory {
  public init() {}

  public var isHost: Bool { true }

  public func allocate(_ count: Int) throws -> MemoryBlock {
    let bytes = count * MemoryLayout<Float>.stride
    guard let block = ck_allocate(bytes) else {
      throw TensorError("out of memory: no room for \(ByteCount.text(bytes))")
    }
    let address = block.bindMemory(to: Float.self, capacity: count)
    return MemoryBlock(address: address, kernelAddress: address, count: count)
  }

  public func release(_ block: MemoryBlock) { ck_release(block.address, block.byteCount) }

  public func read(_ x: Tensor, to host: UnsafeMutablePointer<Float>) { x.copyElements(to: host) }

  public func write(_ host: UnsafePointer<Float>, to x: Tensor) { x.copyElements(from: host) }

  /// Bytes of all blocks handed out and not yet given back.
  static var liveByteCount: Int { ck_live_bytes() }

  /// Whether new memory is filled with NaN, so that a test sees a read of what nobody has written.
  static var isPoisoned: Bool {
    get { ck_poison() }
    set { ck_set_poison(newValue) }
  }
}

extension Tensor {
  /// The first element's address for kernels on the processor. Nothing outside this folder may follow it.
  var base: UnsafeMutablePointer<Float> { storage.block.kernelAddress + offset }

  /// All elements in row-major order.
  func copyElements(to host: UnsafeMutablePointer<Float>) {
    ck_copy(Int32(rank), shape, host, Shape.strides(shape), base, strides)
  }

  func copyElements(from host: UnsafePointer<Float>) {
    ck_copy(Int32(rank), shape, base, strides, host, Shape.strides(shape))
  }
}
