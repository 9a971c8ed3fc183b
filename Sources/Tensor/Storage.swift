import CKernels

/// A run of floats that tensors share.
///
/// Views write through to the same storage, as in PyTorch. Nothing here guards against two threads that write
/// at the same time: computation belongs to one thread, which is what `@unchecked` promises.
public final class Storage: @unchecked Sendable {
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int
  /// Goes up with every write in place, so that a gradient never reads what has changed since.
  var version = 0
  /// Why nobody may write in place, as the message that whoever tries gets; nil for memory that may be written.
  public var writeProtection: String?
  /// Keeps memory that is not ours alive: a mapped file, for example.
  private let owner: AnyObject?

  /// Bytes held by all storages of the process that own their memory.
  public static var liveByteCount: Int { ck_live_bytes() }

  /// Whether new memory is filled with NaN, so that a test sees a read of what nobody has written.
  static var isPoisoned: Bool {
    get { ck_poison() }
    set { ck_set_poison(newValue) }
  }

  public var byteCount: Int { count * MemoryLayout<Float>.stride }

  /// Uninitialised memory, aligned to 64 bytes.
  public init(count: Int) throws {
    let bytes = count * MemoryLayout<Float>.stride
    guard let block = ck_allocate(bytes) else {
      throw TensorError("out of memory: no room for \(ByteCount.text(bytes))")
    }
    pointer = block.bindMemory(to: Float.self, capacity: count)
    self.count = count
    owner = nil
  }

  /// Memory that `owner` holds, writable and never freed here.
  public init(pointer: UnsafeMutablePointer<Float>, count: Int, owner: AnyObject) {
    self.pointer = pointer
    self.count = count
    self.owner = owner
  }

  deinit {
    if owner == nil { ck_release(pointer, byteCount) }
  }
}

enum ByteCount {
  /// The largest tensor that is worth trying to make.
  static let limit = ck_physical_memory()

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
