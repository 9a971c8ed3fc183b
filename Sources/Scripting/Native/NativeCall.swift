import CNativePlugin
import Lua
import Tensor

/// What native code calls `lunette_call`: the arguments of one call of a primitive, what it adds, and why it failed.
final class NativeCall {
  private let call: LuaCall
  private var results: [any LuaPushable] = []
  private var failure: (any Error)?
  /// Shapes and strides that are lent until the call is over.
  private var lent: [UnsafeMutablePointer<Int64>] = []
  private var lentTensors: [Tensor] = []

  init(_ call: LuaCall) { self.call = call }

  deinit { lent.forEach { $0.deallocate() } }

  static func of(_ pointer: OpaquePointer?) -> NativeCall? {
    pointer.map { Unmanaged<NativeCall>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }

  func run(_ primitive: NativeLibrary.Primitive) throws -> LuaMany {
    let status = withExtendedLifetime(self) {
      primitive.function(
        NativeHost.table, OpaquePointer(Unmanaged.passUnretained(self).toOpaque()), primitive.context)
    }
    try call.state.checkInterrupt()
    if let failure { throw failure }
    guard status == LUNETTE_OK else { throw ScriptingError("\(primitive.name) failed and does not say why") }
    return LuaMany(list: results)
  }

  /// Notes what `body` throws; the first complaint counts.
  func attempt(_ body: () throws -> Void) -> lunette_status {
    do {
      try body()
      return LUNETTE_OK
    } catch {
      failure = failure ?? error
      return LUNETTE_FAILED
    }
  }

  var isInterrupted: Bool { (try? call.state.checkInterrupt()) == nil }

  // MARK: Arguments

  var count: Int32 { Int32(clamping: call.count) }

  func kind(_ position: Int32) -> lunette_kind {
    let slot = call.slot(Int(position))
    return switch slot.kind {
    case .none, .nil: LUNETTE_NONE
    case .boolean: LUNETTE_BOOLEAN
    case .number: LUNETTE_NUMBER
    case .string: LUNETTE_STRING
    case .userdata: (try? Tensor.read(slot)) == nil ? LUNETTE_OTHER : LUNETTE_TENSOR
    default: LUNETTE_OTHER
    }
  }

  func argument<T: LuaReadable>(_ position: Int32, as type: T.Type = T.self) throws -> T {
    try call.argument(Int(position))
  }

  /// Lua's own bytes, which stay where they are while the call lasts: the argument is on its stack.
  func string(_ position: Int32) throws -> UnsafeRawBufferPointer {
    let slot = call.slot(Int(position))
    guard let bytes = slot.withBytes({ $0 }) else {
      throw LuaArgumentError(Int(position), "string expected, got \(slot.described)")
    }
    return bytes
  }

  func tensor(_ position: Int32) throws -> Tensor {
    let tensor: Tensor = try argument(position)
    guard !(tensor.requiresGradient && Gradients.areRecorded) else {
      throw LuaArgumentError(
        Int(position), "native code has no gradient: detach the tensor, or compute inside no_grad")
    }
    return tensor
  }

  func lend(_ given: Tensor) throws -> lunette_tensor {
    let tensor = try given.onHost()
    lentTensors.append(tensor)
    let sizes = UnsafeMutablePointer<Int64>.allocate(capacity: 2 * tensor.rank + 1)
    lent.append(sizes)
    for (place, size) in (tensor.shape + tensor.strides).enumerated() { sizes[place] = Int64(size) }
    return lunette_tensor(
      data: tensor.storage.hostAddress.map { $0 + tensor.offset }, shape: sizes, strides: sizes + tensor.rank,
      count: Int64(tensor.count), rank: Int32(tensor.rank), dtype: LUNETTE_FLOAT32,
      is_contiguous: tensor.isContiguous ? 1 : 0, reserved: 0)
  }

  // MARK: Results

  func add(_ value: some LuaPushable) { results.append(value) }

  /// A new tensor among the results; the address of its first element.
  func addTensor(
    _ dtype: lunette_dtype, rank: Int32, shape: UnsafePointer<Int64>?
  ) throws -> UnsafeMutableRawPointer {
    guard dtype == LUNETTE_FLOAT32 else { throw ScriptingError("add_tensor: no dtype \(dtype)") }
    guard (0...Int32(Shape.maximumRank)).contains(rank), rank == 0 || shape != nil else {
      throw ScriptingError("add_tensor: a rank from 0 to \(Shape.maximumRank) expected, got \(rank)")
    }
    let sizes = (0..<Int(rank)).map { place in shape.map { Int($0[place]) } ?? 0 }
    let tensor = try Tensor.uninitialized(sizes, in: HostMemory())
    guard let start = tensor.storage.hostAddress else { throw ScriptingError("add_tensor: no memory") }
    add(tensor)
    return UnsafeMutableRawPointer(start)
  }
}
