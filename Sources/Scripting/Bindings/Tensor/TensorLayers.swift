import Lua
import Tensor

/// Layers of convolutional networks with the arguments of torch.nn.functional: images are {n, channels, height, width}.
/// Results are views of channels-last storage, so that one layer's output enters the next without a copy.
extension Tensor {
  static func describeLayers(_ type: LuaType<Tensor>) throws {
    try type.method("conv2d(weight, {bias, stride, padding, groups})") { x, call in
      let weight: Tensor = try call[1]
      let padding = try call.layerSize("padding", default: 0, least: 0)
      return try x.channelsLast().convolution(
        Weight(weight), bias: call["bias"], stride: call.layerSize("stride", default: 1, least: 1),
        padding: .same(padding), groups: call.layerSize("groups", default: 1, least: 1)
      ).permuted([0, 3, 1, 2])
    }
    try type.method("group_norm(groups, {weight, bias, eps})") { x, call in
      let images = try x.channelsLast(), width = [images.shape[3]]
      let epsilon: Float = try call["eps"] ?? 1e-5
      guard epsilon > 0 else {
        throw call.options.complaint("eps", "number above 0 expected, got \(epsilon)")
      }
      return try images.groupNorm(
        groups: call[1], weight: call["weight"] ?? .full(width, 1), bias: call["bias"] ?? .zeros(width),
        epsilon: epsilon
      ).permuted([0, 3, 1, 2])
    }
  }

  private func channelsLast() throws -> Tensor {
    guard rank == 4 else {
      throw LuaArgumentError(0, "images {n, channels, height, width} expected, got \(Shape.text(shape))")
    }
    return try permuted([0, 2, 3, 1])
  }
}

extension LuaCall {
  /// A stride, a padding, a number of groups: small, so that no sum of sizes overflows.
  fileprivate func layerSize(_ key: String, default size: Int, least: Int) throws -> Int {
    let value: Int = try self[key] ?? size
    guard (least...65536).contains(value) else {
      throw options.complaint(key, "integer from \(least) to 65536 expected, got \(value)")
    }
    return value
  }
}
