/// The memory of a device: where the numbers of tensors lie.
///
/// Blocks are known by an address that only the device's own backend may follow. Where `isHost` it is an ordinary one,
/// and accessors lend the memory itself; elsewhere they read and write copies.
public protocol DeviceMemory: Sendable {
  /// Whether the host may follow addresses.
  var isHost: Bool { get }

  /// Room for `count` numbers, their content undefined.
  ///
  /// - Throws: `TensorError` if there is none.
  func allocate(_ count: Int) throws -> MemoryBlock

  func release(_ block: MemoryBlock)

  /// Writes the elements of a tensor in row-major order, whatever its strides, to the host.
  func read(_ x: Tensor, to host: UnsafeMutablePointer<Float>)

  /// Writes as many numbers from the host over the elements of a tensor, in row-major order.
  func write(_ host: UnsafePointer<Float>, to x: Tensor)
}

/// A run of numbers in a device's memory.
public struct MemoryBlock: @unchecked Sendable {
  /// Known to everybody, followed by nobody but the backend; by the host where the memory is the host's.
  public let address: UnsafeMutablePointer<Float>
  /// What the backend works with, if that is another address.
  public let kernelAddress: UnsafeMutablePointer<Float>
  public let count: Int

  public init(address: UnsafeMutablePointer<Float>, kernelAddress: UnsafeMutablePointer<Float>, count: Int) {
    self.address = address
    self.kernelAddress = kernelAddress
    self.count = count
  }

  public var byteCount: Int { count * MemoryLayout<Float>.stride }
}
