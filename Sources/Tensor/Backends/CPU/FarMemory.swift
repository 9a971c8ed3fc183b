import Glibc
import Synchronization

#if DEBUG
  /// The processor's memory as another device's would look, for tests: the addresses that everybody knows lead nowhere,
  /// and whoever follows one instead of asking an accessor crashes.
  ///
  /// With `LUNETTE_MEMORY=far` in the environment, all tensors of a debug build lie here.
  struct FarMemory: DeviceMemory, @unchecked Sendable {
    private let near = HostMemory()
    private let range: UnsafeMutableRawPointer
    private static let length = 1 << 44
    private static let next = Atomic(0)

    /// Nil where the system has no such range of addresses to give.
    init?() {
      guard
        let start = mmap(
          nil, Self.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | Int32(MAP_NORESERVE), -1, 0),
        start != MAP_FAILED
      else { return nil }
      range = start
    }

    var isHost: Bool { false }

    func allocate(_ count: Int) throws -> MemoryBlock {
      let block = try near.allocate(count)
      let place = Self.next.add(max(block.byteCount, 64), ordering: .relaxed).oldValue % (Self.length / 2)
      return MemoryBlock(
        address: (range + place).bindMemory(to: Float.self, capacity: count),
        kernelAddress: block.kernelAddress, count: count)
    }

    func release(_ block: MemoryBlock) {
      near.release(
        MemoryBlock(address: block.kernelAddress, kernelAddress: block.kernelAddress, count: block.count))
    }

    func read(_ x: Tensor, to host: UnsafeMutablePointer<Float>) { near.read(x, to: host) }

    func write(_ host: UnsafePointer<Float>, to x: Tensor) { near.write(host, to: x) }
  }
#endif

extension Compute {
  /// Where tensors of the processor's backends lie.
  static let hostMemory: any DeviceMemory = {
    #if DEBUG
      if getenv("LUNETTE_MEMORY").map({ String(cString: $0) }) == "far", let far = FarMemory() { return far }
    #endif
    return HostMemory()
  }()
}
