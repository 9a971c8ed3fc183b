import CTorch
import Synchronization

/// Memory that PyTorch's allocator of a device gives.
final class TorchMemory: DeviceMemory, @unchecked Sendable {
  let device: TorchDevice
  /// What holds each block, by its address.
  private let owners = Mutex<[UInt: TorchHandle]>([:])
  /// What a call that cannot throw has met; thrown by the next one that can.
  private let fault = Mutex<TensorError?>(nil)

  init(_ device: TorchDevice) { self.device = device }

  var isHost: Bool { false }

  func allocate(_ count: Int) throws -> MemoryBlock {
    try check()
    guard
      let tensor = ct_allocate(
        Int64(max(count, 1)), Int32(CT_FLOAT32), device.kind.rawValue, device.index)
    else {
      throw TensorError(
        "out of memory: no room for \(ByteCount.text(count * MemoryLayout<Float>.stride)) on \(device): \(String(cString: ct_error()))"
      )
    }
    return try block(TorchHandle(tensor), count: count)
  }

  /// What an operator made, of `count` numbers that lie as they should.
  func block(_ handle: TorchHandle, count: Int) throws -> MemoryBlock {
    guard let address = ct_address(handle.tensor) else {
      throw TensorError("\(device): a tensor without memory")
    }
    owners.withLock { $0[UInt(bitPattern: address)] = handle }
    let numbers = address.assumingMemoryBound(to: Float.self)
    return MemoryBlock(address: numbers, kernelAddress: numbers, count: count)
  }

  func release(_ block: MemoryBlock) {
    let owner = owners.withLock { $0.removeValue(forKey: UInt(bitPattern: block.address)) }
    withExtendedLifetime(owner) {}
  }

  func read(_ x: Tensor, to host: UnsafeMutablePointer<Float>) {
    noting {
      let target = try hostView(host, x.shape)
      try copy(target, TorchHandle.view(x, on: device))
    }
  }

  func write(_ host: UnsafePointer<Float>, to x: Tensor) {
    noting {
      let source = try hostView(UnsafeMutablePointer(mutating: host), x.shape)
      try copy(TorchHandle.view(x, on: device), source)
    }
  }

  private func hostView(_ host: UnsafeMutablePointer<Float>, _ shape: [Int]) throws -> TorchHandle {
    try TorchHandle.view(host, shape, Shape.strides(shape), on: nil)
  }

  private func copy(_ target: TorchHandle, _ source: TorchHandle) throws {
    guard ct_copy(target.tensor, source.tensor) == 0 else { throw TorchOperator.failure("copy") }
  }

  // MARK: Faults

  /// Runs what no caller can be told the failure of: that waits for the next call that can throw.
  func noting(_ body: () throws -> Void) {
    do { try body() } catch {
      let error = error as? TensorError ?? TensorError("\(error)")
      fault.withLock { if $0 == nil { $0 = error } }
    }
  }

  func check() throws {
    let found = fault.withLock { fault in
      defer { fault = nil }
      return fault
    }
    if let found { throw found }
  }
}

/// A tensor of PyTorch's that we own.
final class TorchHandle: @unchecked Sendable {
  let tensor: ct_tensor
  /// What holds the numbers of a view.
  private let storage: Storage?

  init(_ tensor: ct_tensor, of storage: Storage? = nil) {
    self.tensor = tensor
    self.storage = storage
  }

  deinit { ct_delete(tensor) }

  /// A tensor where it lies; on a GPU, a copy of one that lies on the host.
  static func view(_ x: Tensor, on device: TorchDevice) throws -> TorchHandle {
    try view(x, x.shape, x.strides, on: device)
  }

  /// The same numbers under another shape.
  static func view(_ x: Tensor, _ shape: [Int], _ strides: [Int], on device: TorchDevice) throws
    -> TorchHandle
  {
    let address = x.storage.block.address + x.offset
    guard x.storage.isOnHost && device.kind != .cpu else {
      return try view(address, shape, strides, on: device, of: x.storage)
    }
    let host = try view(address, shape, strides, on: nil)
    let copy = try TorchHandle.allocated(shape, on: device)
    guard ct_copy(copy.tensor, host.tensor) == 0 else { throw TorchOperator.failure("copy") }
    return copy
  }

  /// Numbers at an address of a device, nil for the host.
  static func view(
    _ address: UnsafeMutablePointer<Float>, _ shape: [Int], _ strides: [Int], on device: TorchDevice?,
    of storage: Storage? = nil
  ) throws -> TorchHandle {
    try made(
      ct_view(
        address, Int64(shape.count), shape.map(Int64.init), strides.map(Int64.init),
        Int32(CT_FLOAT32), (device?.kind ?? .cpu).rawValue, device?.index ?? 0), "view", of: storage)
  }

  /// Row-major room of a shape.
  static func allocated(_ shape: [Int], on device: TorchDevice) throws -> TorchHandle {
    let count = shape.reduce(1, *)
    let flat = try made(
      ct_allocate(Int64(count), Int32(CT_FLOAT32), device.kind.rawValue, device.index), "empty")
    return try TorchOperator("view").call([.handle(flat), .integers(shape)])[0]
  }

  static func number(_ value: Float) throws -> TorchHandle { try made(ct_number(value), "scalar_tensor") }

  /// Places, on the device.
  static func places(_ values: [Int], on device: TorchDevice) throws -> TorchHandle {
    var numbers = values.map(Int64.init)
    let (size, stride) = ([Int64(values.count)], [Int64(1)])
    return try numbers.withUnsafeMutableBufferPointer { numbers in
      let host = try made(
        ct_view(
          numbers.baseAddress, 1, size, stride, Int32(CT_INT64), Int32(CT_CPU), 0), "view")
      let copy = try made(
        ct_allocate(
          Int64(values.count), Int32(CT_INT64), device.kind.rawValue, device.index), "empty")
      guard ct_copy(copy.tensor, host.tensor) == 0 else { throw TorchOperator.failure("copy") }
      return copy
    }
  }

  private static func made(_ tensor: ct_tensor?, _ name: String, of storage: Storage? = nil) throws
    -> TorchHandle
  {
    guard let tensor else { throw TorchOperator.failure(name) }
    return TorchHandle(tensor, of: storage)
  }
}
