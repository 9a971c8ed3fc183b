import Imaging
import Lua
import Tensor

extension Tensor {
  /// Resampling, and heat maps over pictures.
  static func describePictures(_ type: LuaType<Tensor>) throws {
    try type.method("resize(height, width, mode?, {antialias})") { x, call in
      guard x.rank >= 2, x.shape[x.rank - 2] > 0, x.shape[x.rank - 1] > 0 else {
        throw LuaArgumentError(
          0, "tensor {…, height, width} with elements expected, got \(Shape.text(x.shape))")
      }
      let (height, width) = try call.newSize()
      return try x.resized(
        height: height, width: width, mode: call.resampleMode(3), antialias: call["antialias"] ?? false)
    }
    try type.method("overlay(image, {alpha, colors, range, uniform})") { x, call in
      guard x.rank == 2, x.count > 0 else {
        throw LuaArgumentError(0, "heat map {height, width} expected, got \(Shape.text(x.shape))")
      }
      let alpha: Float = try call["alpha"] ?? 0.75
      guard (0...1).contains(alpha) else {
        throw call.options.complaint("alpha", "number from 0 to 1 expected, got \(alpha)")
      }
      return try Image.overlay(
        heat: x, on: call.argument(1, as: ImageOrTensor.self).image, alpha: alpha,
        colors: call.colorMap("colors") ?? .turbo, range: call.floatRange("range"),
        uniform: call["uniform"] ?? false)
    }
  }
}

extension LuaCall {
  /// A height and a width in the first two arguments, of at least one pixel.
  func newSize() throws -> (height: Int, width: Int) {
    let sizes: [Int] = [try self[1], try self[2]]
    if let wrong = sizes.firstIndex(where: { $0 < 1 }) {
      throw LuaArgumentError(wrong + 1, "integer of at least 1 expected, got \(sizes[wrong])")
    }
    return (sizes[0], sizes[1])
  }

  func resampleMode(_ position: Int) throws -> ResampleMode {
    let name: String = try self[position] ?? ResampleMode.bilinear.rawValue
    guard let mode = ResampleMode(rawValue: name) else {
      let known = ResampleMode.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw LuaArgumentError(position, "one of \(known) expected, got '\(name)'")
    }
    return mode
  }

  func colorMap(_ option: String) throws -> ColorMap? {
    let name: String? = try self[option]
    let plugins = try state.scriptHost.pluginColorMap
    do {
      guard let name else { return nil }
      guard name.contains(".") else { return try ColorMap.named(name) }
      guard let plugins else {
        throw ScriptingError("'\(name)' is the name of a plugin's colour map, and there are no plugins here")
      }
      return try plugins(name)
    } catch {
      throw options.complaint(option, "\(error)")
    }
  }

  func floatRange(_ option: String) throws -> ClosedRange<Float>? {
    guard let range = (try self[option] as RangeArgument?)?.range else { return nil }
    return Float(range.lowerBound)...Float(range.upperBound)
  }
}
