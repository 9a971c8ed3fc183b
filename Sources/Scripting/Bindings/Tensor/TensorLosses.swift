import Lua
import Tensor

/// Sums of exponentials, losses, and ways between tensors.
extension Tensor {
  static func describeLosses(_ type: LuaType<Tensor>) throws {
    try type.method("logsumexp(dim?, {keepdim})") { x, call in
      guard x.count > 0 else {
        throw LuaArgumentError(0, "tensor with elements expected, got \(Shape.text(x.shape))")
      }
      return try x.logSumExp(dims: call.dimensions(1, rank: x.rank), keepDim: call["keepdim"] ?? false)
    }
    try type.method("log_softmax(dim?)") { x, call in
      guard x.rank > 0, x.count > 0 else {
        throw LuaArgumentError(0, "tensor with dimensions and elements expected, got \(Shape.text(x.shape))")
      }
      return try x.logSoftmax(dim: call.dimension(1, rank: x.rank, default: x.rank - 1))
    }
    try type.method("cross_entropy(targets, {smoothing, reduction})") { x, call in
      guard x.rank == 2, x.count > 0 else {
        throw LuaArgumentError(0, "logits {n, classes} expected, got \(Shape.text(x.shape))")
      }
      let smoothing: Float = try call["smoothing"] ?? 0
      guard (0...1).contains(smoothing) else {
        throw call.options.complaint("smoothing", "number from 0 to 1 expected, got \(smoothing)")
      }
      let name: String = try call["reduction"] ?? "mean"
      guard let reduction = LossReduction(rawValue: name) else {
        throw call.options.complaint("reduction", "'mean', 'sum' or 'none' expected, got '\(name)'")
      }
      return try x.crossEntropy(call.targets(1, of: x), smoothing: smoothing, reduction: reduction)
    }
    try type.method("cosine_similarity(other, dim?, {eps})") { x, call in
      let other: Tensor = try call[1]
      let rank = Swift.max(x.rank, other.rank)
      guard rank > 0 else { throw LuaArgumentError(0, "tensor of at least one dimension expected, got {}") }
      let shape = try Shape.broadcast(x.shape, other.shape)
      return try x.expanded(shape).cosineSimilarity(
        other.expanded(shape), dim: call.dimension(2, rank: rank, default: rank - 1),
        epsilon: call["eps"] ?? 1e-8)
    }
    try type.method("lerp(other, weight)") { x, call in
      switch try call.argument(2, as: Operand.self) {
      case .number(let weight): try x.lerp(call[1], weight)
      case .tensor(let weight): try x.lerp(call[1], weight)
      }
    }
    try type.method("slerp(other, weight)") { x, call in try x.slerp(call[1], call[2]) }
  }

  static func describePooling(_ type: LuaType<Tensor>) throws {
    try type.method("layer_norm({weight, bias, eps})") { x, call in
      guard x.rank > 0 else { throw LuaArgumentError(0, "tensor of at least one dimension expected, got {}") }
      let width = [x.shape[x.rank - 1]]
      let epsilon: Float = try call["eps"] ?? 1e-5
      guard epsilon > 0 else {
        throw call.options.complaint("eps", "number above 0 expected, got \(epsilon)")
      }
      return try x.layerNorm(
        weight: call["weight"] ?? .ones(width), bias: call["bias"] ?? .zeros(width), epsilon: epsilon)
    }
    try type.method("avg_pool2d(size, {stride, padding})") { x, call in
      let size: Int = try call[1]
      return try x.averagePooled(size, stride: call["stride"] ?? size, padding: call["padding"] ?? 0)
    }
    try type.method("max_pool2d(size, {stride, padding})") { x, call in
      let size: Int = try call[1]
      return try x.maximumPooled(size, stride: call["stride"] ?? size, padding: call["padding"] ?? 0)
    }
  }
}

extension LuaCall {
  /// Targets of a cross entropy: classes from 1, {n}, or probabilities, {n, classes}.
  fileprivate func targets(_ position: Int, of logits: Tensor) throws -> Tensor {
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    if slot(position).kind == .userdata {
      let given: Tensor = try self[position]
      if given.rank == 2 {
        guard given.shape == logits.shape else {
          throw LuaArgumentError(
            position, "shape \(Shape.text(logits.shape)) expected, got \(Shape.text(given.shape))")
        }
        return given
      }
    }
    let places = try indices(position, size: classes)
    guard places.count == rows else {
      throw LuaArgumentError(position, "one class for each of \(rows) rows expected, got \(places.count)")
    }
    return try .oneHot(places, count: classes)
  }
}
