import Lua
import Tensor
import Weights

extension Tensor {
  static func describeFiles(_ type: LuaType<Tensor>) throws {
    try type.method("save(path)") { x, call in
      let path: String = try call[1]
      guard TensorFormat(path: path) == .numPy else {
        throw LuaArgumentError(
          1, "name ending in .npy expected, got '\(path)'; tensor.save writes .safetensors")
      }
      try call.checkWriting(path)
      try x.save(numPyFile: path)
    }
  }
}

/// A file's format, by the end of its name.
private enum TensorFormat {
  case numPy, safetensors

  init?(path: String) {
    if path.hasSuffix(".npy") {
      self = .numPy
    } else if path.hasSuffix(".safetensors") {
      self = .safetensors
    } else {
      return nil
    }
  }
}

extension Bindings {
  /// `tensor.load(path)`: a tensor of a .npy file, a table of tensors of a .safetensors file, or nil and why not.
  /// `tensor.save(path, x)` for .npy, `tensor.save(path, { name = x })` for .safetensors.
  static func addTensorFiles(to module: LuaModule) throws {
    try module.function("load(path)") { call -> LuaMany in
      let path: String = try call[1]
      do {
        try call.checkReading(path)
        switch TensorFormat(path: path) {
        case .numPy: return LuaMany(try Tensor(numPyFile: path))
        case .safetensors: return LuaMany(try SafetensorsFile(path: path).tensors())
        case nil: return LuaMany(LuaValue.nil, "\(path): the name ends neither in .npy nor in .safetensors")
        }
      } catch { return LuaMany(LuaValue.nil, Wording.text(of: error)) }
    }
    try module.function("save(path, values)") { call in
      let path: String = try call[1]
      try call.checkWriting(path)
      switch TensorFormat(path: path) {
      case .numPy: try (call[2] as Tensor).save(numPyFile: path)
      case .safetensors: try SafetensorsFile.write(call.argument(2, as: NamedTensors.self).tensors, to: path)
      case nil: throw LuaArgumentError(1, "name ending in .npy or .safetensors expected, got '\(path)'")
      }
    }
  }
}

/// A table of tensors by name.
private struct NamedTensors: LuaReadable {
  let tensors: [String: Tensor]

  static func read(_ slot: LuaSlot) throws -> NamedTensors {
    guard slot.kind == .table else { throw LuaMismatch(expected: "table of tensors by name", got: slot) }
    var tensors: [String: Tensor] = [:]
    try slot.forEachPair { key, value in
      guard let name = key.string else {
        throw LuaMismatch("table of tensors by name expected, got [\(key.described)]")
      }
      do { tensors[name] = try Tensor.read(value) } catch let error as LuaMismatch {
        throw LuaMismatch("\(error) at '\(name)'")
      }
    }
    return NamedTensors(tensors: tensors)
  }
}
