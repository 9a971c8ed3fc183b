import Imaging
import Lua
import Tensor

extension Bindings {
  /// `lunette.metrics`: how alike two tensors or images are, as a number.
  static func addMetrics(to lunette: LuaModule) throws {
    let metrics = try lunette.module("metrics")
    try addFeatureMetrics(to: metrics)
    try metrics.function("psnr(a, b, {range})") { call in
      let (a, b) = try call.pair()
      return try Metrics.psnr(a, b, dataRange: call.dataRange())
    }
    try metrics.function("ssim(a, b, {range})") { call in
      let (a, b) = try call.pair()
      return try Metrics.ssim(a, b, dataRange: call.dataRange())
    }
    try metrics.function("iou(a, b)") { call in
      let (a, b) = try call.pair()
      return try Metrics.iou(a, b)
    }
    // With a gradient they are 0-d tensors, so that losses can be made of them.
    try metrics.function("cosine(a, b)") { call -> LuaMany in
      let (a, b) = try call.pair()
      guard a.requiresGradient || b.requiresGradient else { return LuaMany(try Metrics.cosine(a, b)) }
      let (x, y) = try (a.flattened().normalized(dim: 0), b.flattened().normalized(dim: 0))
      return LuaMany(try x.multiplying(y).sum())
    }
    try metrics.function("mse(a, b)") { call -> LuaMany in
      let (a, b) = try call.pair()
      let mean = try a.subtracting(b).square().mean()
      return mean.requiresGradient ? LuaMany(mean) : LuaMany(Double(try mean.item()))
    }
    // The cosine of CLIP's vectors of a picture and of a text.
    try metrics.function("clip_score(image, text, {clip})") { call in
      guard let clip: LuaClip = try call["clip"] else {
        throw call.options.complaint("clip", "clip expected, got nil")
      }
      let text = try call.argument(2, as: PromptText.self).text
      return try clip.similarity(call.argument(1, as: PictureArgument.self).pixels, text)
    }
  }
}

extension LuaCall {
  /// The first two arguments, of one shape.
  fileprivate func pair() throws -> (Tensor, Tensor) {
    let (a, b) = (
      try argument(1, as: TensorOrImage.self).tensor, try argument(2, as: TensorOrImage.self).tensor
    )
    guard a.shape == b.shape else {
      throw LuaArgumentError(2, "shape \(Shape.text(a.shape)) expected, got \(Shape.text(b.shape))")
    }
    return (a, b)
  }

  fileprivate func dataRange() throws -> Double {
    let range: Double = try self["range"] ?? 1
    guard range > 0, range.isFinite else {
      throw options.complaint("range", "number above 0 expected, got \(range)")
    }
    return range
  }
}
