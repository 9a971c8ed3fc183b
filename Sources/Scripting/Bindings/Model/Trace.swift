import Lua
import Models
import Tensor

/// The attention that a run recorded.
final class LuaTrace: LuaUserdata {
  static let luaName = "trace"
  private let trace: Trace

  init(_ trace: Trace) { self.trace = trace }

  static func describe(_ type: LuaType<LuaTrace>) throws {
    type.property("latent_height") { $0.trace.latentHeight }
    type.property("latent_width") { $0.trace.latentWidth }
    type.property("samples") { $0.trace.samples }
    type.property("steps") { $0.trace.steps }
    type.property("has_each_step") { $0.trace.options.steps == .each }
    type.property("layers") { trace in trace.trace.layers.map(fields) }
    try type.method("probs(path, {index, step, uncond})") { trace, call in
      let layer = try trace.trace.index(of: call[1])
      let choice = try trace.choice(call)
      let all = try trace.trace.probabilities(
        layer: layer, step: choice.step, conditional: choice.conditional)
      return try all.selected(0, choice.sample)
    }
    try type.method("heatmap({token, index, step, uncond})") { trace, call in
      guard let token: Int = try call["token"] else {
        throw call.options.complaint("token", "the position of a token expected")
      }
      let choice = try trace.choice(call)
      guard token >= 1 else { throw call.options.complaint("token", "positions count from 1, got \(token)") }
      return try trace.trace.heatmap(
        token: token - 1, sample: choice.sample, step: choice.step, conditional: choice.conditional)
    }
    try type.metamethod("__tostring") { trace, _ in
      "trace of \(trace.trace.layers.count) layers, \(trace.trace.steps.count) steps"
    }
  }

  /// Which picture, step and half of guidance a call asks for.
  private func choice(_ call: LuaCall) throws -> (sample: Int, step: Int?, conditional: Bool) {
    let index: Int = try call["index"] ?? 1
    guard (1...max(trace.samples, 1)).contains(index) else {
      throw call.options.complaint("index", "a picture from 1 to \(trace.samples) expected, got \(index)")
    }
    let uncond: Bool = try call["uncond"] ?? false
    return (index - 1, try call["step"], !uncond)
  }

  private static func fields(_ layer: Trace.Layer) -> LuaFields {
    LuaFields([
      ("path", layer.path), ("kind", layer.kind == .cross ? "cross" : "self"), ("heads", layer.heads),
      ("height", layer.height), ("width", layer.width), ("tokens", layer.keys), ("factor", layer.factor),
    ])
  }
}
