import CNativePlugin
import Glibc
import Lua

/// A plugin's native library: opened once and never closed, since what it gave may live as long as the program.
struct NativeLibrary {
  struct Primitive {
    let name: String
    let function: lunette_primitive
    let context: UnsafeMutableRawPointer?
  }

  let primitives: [Primitive]

  /// Opens the library, compares versions, and lets it register its primitives.
  init(path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw ScriptingError(
        "\(path): cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "no reason")")
    }
    typealias Version = @convention(c) () -> UInt32
    typealias Open = @convention(c) (UnsafePointer<lunette_host>, OpaquePointer) -> lunette_status
    guard let version = dlsym(handle, "lunette_plugin_abi"), let open = dlsym(handle, "lunette_plugin_open")
    else {
      throw ScriptingError(
        "\(path): no native plugin: it exports no lunette_plugin_abi and lunette_plugin_open")
    }
    let found = unsafeBitCast(version, to: Version.self)()
    guard found == LUNETTE_PLUGIN_ABI else {
      throw ScriptingError(
        "\(path): built for version \(found) of lunette_plugin.h, this is version \(LUNETTE_PLUGIN_ABI): build it anew"
      )
    }
    let registry = NativeRegistry()
    let status = withExtendedLifetime(registry) {
      unsafeBitCast(open, to: Open.self)(NativeHost.table, registry.pointer)
    }
    guard status == LUNETTE_OK, registry.complaint == nil else {
      throw ScriptingError("\(path): \(registry.complaint ?? "it refuses to open and does not say why")")
    }
    primitives = registry.primitives
  }

  /// The primitives as a table of Lua functions.
  func table(_ lua: LuaState) throws -> LuaTable {
    let table = try lua.table()
    for primitive in primitives {
      try table.set(
        primitive.name,
        try lua.function("\(primitive.name)(...)") { call in
          try NativeCall(call).run(primitive)
        })
    }
    return table
  }
}

/// What native code calls `lunette_registry`.
final class NativeRegistry {
  private(set) var primitives: [NativeLibrary.Primitive] = []
  private(set) var complaint: String?

  /// Valid while the object lives.
  var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  static func of(_ pointer: OpaquePointer?) -> NativeRegistry? {
    pointer.map { Unmanaged<NativeRegistry>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
  }

  func add(
    _ name: UnsafePointer<CChar>?, _ function: lunette_primitive?, _ context: UnsafeMutableRawPointer?
  ) -> lunette_status {
    let name = name.map { String(cString: $0) } ?? ""
    guard let function, Self.isName(name) else {
      return refuse("'\(name)' cannot be the name of a primitive")
    }
    guard !primitives.contains(where: { $0.name == name }) else {
      return refuse("it registers '\(name)' twice")
    }
    primitives.append(.init(name: name, function: function, context: context))
    return LUNETTE_OK
  }

  func refuse(_ message: String) -> lunette_status {
    complaint = complaint ?? message
    return LUNETTE_FAILED
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
    let isLetter = { (byte: UInt8) in
      byte == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
    return isLetter(first)
      && name.utf8.allSatisfy { isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}
