import Lua
import Tensor

extension Tensor {
  /// Marking tensors, going back, and what helps on the way.
  static func describeGradients(_ type: LuaType<Tensor>) throws {
    type.property("requires_grad") { $0.requiresGradient }
    type.property(
      "grad", { $0.gradient },
      set: { x, call in
        let gradient: Tensor? = try call[2]
        try x.setGradient(gradient)
      })
    try type.method("requires_grad_(flag?)") { x, call in
      let wanted: Bool = try call[1] ?? true
      guard wanted || !x.requiresGradient || x.isLeaf else {
        throw LuaError(
          message: "a tensor that was computed cannot give up its gradient; detach() gives one without")
      }
      try (wanted ? x.requiringGradient() : x.detached).replace(call.slot(0))
      return call.slot(0)
    }
    try type.method("detach()") { x, _ in x.detached }
    try type.method("backward({retain_graph})") { x, call in
      try x.backward(keepsTape: call["retain_graph"] ?? false)
    }
    try type.method("straight_through(value)") { x, call in try x.straightThrough(call[1]) }
    try type.method("gumbel_softmax({temperature, hard, dim, seed})") { x, call in
      let dim: Int? = try call["dim"]
      guard let place = place(dim ?? x.rank, of: x.rank) else {
        throw call.options.complaint("dim", "dimension from 1 to \(x.rank) expected, got \(dim ?? 0)")
      }
      let uniform = try call.state.randomStream.draw(seed: call["seed"]) { try $0.uniform(x.shape) }
      return try x.gumbelSoftmax(
        uniform: uniform, temperature: call["temperature"] ?? 1, isHard: call["hard"] ?? false, dim: place)
    }
  }
}

extension Bindings {
  /// `lunette.grad` and `lunette.no_grad`.
  static func addGradients(to lunette: LuaModule) throws {
    try lunette.function("grad(loss, inputs, {retain_graph})") { call -> LuaMany in
      let loss: Tensor = try call[1]
      let isList = call.slot(2).kind == .table
      let inputs: [Tensor] = isList ? try call[2] : [try call[2]]
      let gradients = try loss.gradients(of: inputs, keepsTape: call["retain_graph"] ?? false)
      return isList ? LuaMany(gradients) : LuaMany(gradients[0])
    }
    try lunette.function("no_grad(body)") { call -> LuaMany in
      let body: LuaFunction = try call[1]
      return LuaMany(list: try Gradients.withoutRecording { try body.call() })
    }
  }
}
