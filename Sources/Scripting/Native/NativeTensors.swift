import CNativePlugin
import Tensor

/// A tensor that was lent by DLPack: what its consumer holds on to, and gives back through `deleter`, from any thread.
private final class LentTensor: @unchecked Sendable {
  let tensor: Tensor
  let sizes: UnsafeMutablePointer<Int64>
  let managed: UnsafeMutablePointer<DLManagedTensorVersioned>

  init(_ given: Tensor) throws {
    let tensor = try given.onHost()
    self.tensor = tensor
    sizes = .allocate(capacity: 2 * tensor.rank + 1)
    for (place, size) in (tensor.shape + tensor.strides).enumerated() { sizes[place] = Int64(size) }
    managed = .allocate(capacity: 1)
    let float32 = DLDataType(code: UInt8(kDLFloat.rawValue), bits: 32, lanes: 1)
    let view = DLTensor(
      data: tensor.storage.hostAddress.map { $0 + tensor.offset },
      device: DLDevice(device_type: kDLCPU, device_id: 0),
      ndim: Int32(tensor.rank), dtype: float32, shape: sizes, strides: sizes + tensor.rank, byte_offset: 0)
    managed.initialize(
      to: DLManagedTensorVersioned(
        version: DLPackVersion(major: UInt32(DLPACK_MAJOR_VERSION), minor: UInt32(DLPACK_MINOR_VERSION)),
        manager_ctx: nil,
        deleter: { pointer in
          guard let context = pointer?.pointee.manager_ctx else { return }
          Unmanaged<LentTensor>.fromOpaque(context).release()
        }, flags: NativeTensors.isReadOnly, dl_tensor: view))
  }

  deinit {
    managed.deallocate()
    sizes.deallocate()
  }
}

/// Memory of native code under a tensor; its deleter is called when the last tensor over it has gone.
private final class TakenTensor: @unchecked Sendable {
  let managed: UnsafeMutablePointer<DLManagedTensorVersioned>
  init(_ managed: UnsafeMutablePointer<DLManagedTensorVersioned>) { self.managed = managed }
  deinit { managed.pointee.deleter?(managed) }
}

/// Tensors to and from DLPack, whose strides count elements as ours do.
enum NativeTensors {
  static let isReadOnly: UInt64 = 1  // DLPACK_FLAG_BITMASK_READ_ONLY

  static func lend(_ tensor: Tensor) throws -> UnsafeMutablePointer<DLManagedTensorVersioned> {
    let lent = try LentTensor(tensor)
    lent.managed.pointee.manager_ctx = Unmanaged.passRetained(lent).toOpaque()
    return lent.managed
  }

  /// Takes the tensor over, also when it throws.
  static func take(_ managed: UnsafeMutablePointer<DLManagedTensorVersioned>) throws -> Tensor {
    let owner = TakenTensor(managed)
    let version = managed.pointee.version
    guard version.major == UInt32(DLPACK_MAJOR_VERSION) else {
      throw ScriptingError(
        "add_dlpack: version \(DLPACK_MAJOR_VERSION) of DLPack expected, got \(version.major).\(version.minor)"
      )
    }
    let view = managed.pointee.dl_tensor
    let type = view.dtype
    guard view.device.device_type == kDLCPU, type.code == UInt8(kDLFloat.rawValue), type.bits == 32,
      type.lanes == 1
    else {
      throw ScriptingError(
        "add_dlpack: float32 on the CPU expected, got a type of code \(type.code), \(type.bits) bits and "
          + "\(type.lanes) lanes on device \(view.device.device_type.rawValue)")
    }
    guard (0...Int32(Shape.maximumRank)).contains(view.ndim), view.ndim == 0 || view.shape != nil else {
      throw ScriptingError(
        "add_dlpack: at most \(Shape.maximumRank) dimensions expected, got \(view.ndim)")
    }
    let shape = (0..<Int(view.ndim)).map { Int(view.shape[$0]) }
    let strides = view.strides.map { strides in (0..<Int(view.ndim)).map { Int(strides[$0]) } }
    guard try Shape.count(shape) > 0 else { return try Tensor.zeros(shape) }
    guard let offset = Int(exactly: view.byte_offset), let start = view.data.map({ $0 + offset }),
      Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0
    else { throw ScriptingError("add_dlpack: the address of the numbers is null") }
    let memory = start.assumingMemoryBound(to: Float.self)
    let tensor = try Tensor(memory: memory, shape: shape, strides: strides, owner: owner)
    return managed.pointee.flags & isReadOnly == 0 ? tensor : try tensor.clone()
  }
}
