import Platform

/// A run of floats that tensors share, in some device's memory.
///
/// Views write through to the same storage, as in PyTorch. Nothing here guards against two threads that write
/// at the same time: computation belongs to one thread, which is what `@unchecked` promises.
public final class Storage: @unchecked Sendable {
  let block: MemoryBlock
  private let memory: any DeviceMemory
  /// Goes up with every write in place, so that a gradient never reads what has changed since.
  var version = 0
  /// What whoever tries to write in place gets; nil for memory that may be written.
  public var writeProtection: (any Error)?
  /// What whoever made these numbers wants to be found beside them, for as long as they live; copies do not have it.
  public var companion: (any Sendable)?
  /// Keeps memory that is not ours alive: a mapped file, for example.
  private let owner: AnyObject?

  /// Bytes held by all storages of the process that own their memory.
  public static var liveByteCount: Int { HostMemory.liveByteCount }

  public var count: Int { block.count }
  public var byteCount: Int { block.byteCount }
  /// Where the first number lies for the host; nil in another device's memory.
  public var hostAddress: UnsafeMutablePointer<Float>? { isOnHost ? block.address : nil }
  let isOnHost: Bool

  /// Uninitialised memory, the current backend's by default.
  public init(count: Int, memory: any DeviceMemory = Compute.backend.memory) throws {
    self.memory = memory
    block = try memory.allocate(count)
    isOnHost = memory.isHost
    owner = nil
  }

  /// A block that the memory has given already.
  init(block: MemoryBlock, memory: any DeviceMemory) {
    self.memory = memory
    self.block = block
    isOnHost = memory.isHost
    owner = nil
  }

  /// Memory of the host that `owner` holds, writable and never freed here.
  public init(pointer: UnsafeMutablePointer<Float>, count: Int, owner: AnyObject) {
    memory = HostMemory()
    block = MemoryBlock(address: pointer, kernelAddress: pointer, count: count)
    isOnHost = true
    self.owner = owner
  }

  deinit {
    if owner == nil { memory.release(block) }
  }

  /// The elements of a view in row-major order.
  func read(_ x: Tensor, to host: UnsafeMutablePointer<Float>) { memory.read(x, to: host) }

  func write(_ host: UnsafePointer<Float>, to x: Tensor) { memory.write(host, to: x) }
}

enum ByteCount {
  /// The largest tensor that is worth trying to make.
  static let limit = Machine.memory

  /// `1536` → `"1.5 KB"`, `4e12` → `"3.6 TB"`.
  static func text(_ bytes: Int) -> String {
    let units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024 && unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
