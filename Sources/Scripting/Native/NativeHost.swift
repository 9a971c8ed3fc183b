import CNativePlugin
import Glibc
import Lua

/// The host's side of `lunette_plugin.h`: each function finds the object behind its first argument and asks it.
enum NativeHost {
  /// One table for all libraries, for as long as the program runs.
  nonisolated(unsafe) static let table: UnsafePointer<lunette_host> = {
    let table = UnsafeMutablePointer<lunette_host>.allocate(capacity: 1)
    table.initialize(to: lunette_host())
    table.pointee.abi = LUNETTE_PLUGIN_ABI
    table.pointee.size = UInt32(MemoryLayout<lunette_host>.size)
    table.pointee.version = UnsafePointer(strdup(Installation.version))
    addOpening(to: &table.pointee)
    addArguments(to: &table.pointee)
    addResults(to: &table.pointee)
    return UnsafePointer(table)
  }()

  private static func addOpening(to host: inout lunette_host) {
    host.add_primitive = { NativeRegistry.of($0)?.add($1, $2, $3) ?? LUNETTE_FAILED }
    host.refuse = { registry, message in
      NativeRegistry.of(registry)?.refuse(text(message)) ?? LUNETTE_FAILED
    }
  }

  private static func addArguments(to host: inout lunette_host) {
    host.count = { NativeCall.of($0)?.count ?? 0 }
    host.kind = { NativeCall.of($0)?.kind($1) ?? LUNETTE_NONE }
    host.get_boolean = { call, position, out in
      attempt(call) { out?.pointee = try $0.argument(position, as: Bool.self) ? 1 : 0 }
    }
    host.get_integer = { call, position, out in
      attempt(call) { out?.pointee = Int64(try $0.argument(position, as: Int.self)) }
    }
    host.get_number = { call, position, out in
      attempt(call) { out?.pointee = try $0.argument(position, as: Double.self) }
    }
    host.get_string = { call, position, out, length in
      attempt(call) {
        let bytes = try $0.string(position)
        out?.pointee = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        length?.pointee = bytes.count
      }
    }
    host.get_tensor = { call, position, out in
      attempt(call) { out?.pointee = try $0.lend($0.tensor(position)) }
    }
    host.get_dlpack = { call, position, out in
      attempt(call) { out?.pointee = try NativeTensors.lend($0.tensor(position)) }
    }
  }

  private static func addResults(to host: inout lunette_host) {
    host.add_nil = { call in attempt(call) { $0.add(LuaValue.nil) } }
    host.add_boolean = { call, value in attempt(call) { $0.add(value != 0) } }
    host.add_integer = { call, value in attempt(call) { $0.add(Int(value)) } }
    host.add_number = { call, value in attempt(call) { $0.add(value) } }
    host.add_string = { call, bytes, length in
      attempt(call) {
        $0.add(LuaBytes([UInt8](UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : length))))
      }
    }
    host.add_tensor = { call, dtype, rank, shape, data in
      attempt(call) { data?.pointee = try $0.addTensor(dtype, rank: rank, shape: shape) }
    }
    host.add_dlpack = { call, tensor in
      attempt(call) {
        guard let tensor else { throw ScriptingError("add_dlpack: no tensor") }
        $0.add(try NativeTensors.take(tensor))
      }
    }
    host.fail = { call, message in attempt(call) { _ in throw ScriptingError(text(message)) } }
    host.is_interrupted = { NativeCall.of($0).map { $0.isInterrupted ? 1 : 0 } ?? 0 }
  }
}

/// Asks the object behind a call; a failure is noted there.
private func attempt(_ call: OpaquePointer?, _ body: (NativeCall) throws -> Void) -> lunette_status {
  guard let call = NativeCall.of(call) else { return LUNETTE_FAILED }
  return call.attempt { try body(call) }
}

private func text(_ message: UnsafePointer<CChar>?) -> String {
  message.map { String(cString: $0) } ?? "no reason given"
}
