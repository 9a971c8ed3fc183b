import Neural
import Tensor

/// Halves a map: a convolution of stride 2.
struct Downsampler {
  private let conv: Conv2d
  let channels: Int
  let path: String

  /// - Parameter padding: on all sides; 0 stands for one row and column at the end only, as in VAEs
  init(_ scope: WeightScope, channels: Int, padding: Int, path: String) throws {
    conv = try Conv2d(
      scope["conv"], inputs: channels, outputs: channels, stride: 2,
      padding: padding == 0 ? Padding(top: 0, left: 0, bottom: 1, right: 1) : .same(padding))
    self.channels = channels
    self.path = path
  }

  /// {N, H, W, C} to {N, H/2, W/2, C}, rounded up.
  func callAsFunction(_ x: Tensor, context: RunContext) throws -> Tensor {
    try context.visitMap(path, conv(x))
  }
}

/// Doubles a map: nearest neighbour, then a convolution.
struct Upsampler {
  private let conv: Conv2d
  let channels: Int
  let path: String

  init(_ scope: WeightScope, channels: Int, path: String) throws {
    conv = try Conv2d(scope["conv"], inputs: channels, outputs: channels)
    self.channels = channels
    self.path = path
  }

  /// - Parameters:
  ///   - x: {N, h, w, C}
  ///   - height: of the result, 2h or one less; with `width`; both twice the input's by default
  /// - Returns: {N, height, width, C}
  func callAsFunction(_ x: Tensor, height: Int? = nil, width: Int? = nil, context: RunContext) throws
    -> Tensor
  {
    var large = try x.upsampledNearest2x()
    // What nearest neighbour gives for an odd size is the doubled map without its last row or column.
    if let height, height < large.shape[1] { large = try large.narrowed(1, start: 0, length: height) }
    if let width, width < large.shape[2] { large = try large.narrowed(2, start: 0, length: width) }
    return try context.visitMap(path, conv(large.contiguous()))
  }
}
