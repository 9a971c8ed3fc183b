/// Zeros around an image, in pixels.
public struct Padding: Hashable, Sendable {
  public var top: Int, left: Int, bottom: Int, right: Int

  public init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  public static func same(_ width: Int) -> Padding {
    Padding(top: width, left: width, bottom: width, right: width)
  }

  public static let none = same(0)
}

/// How a convolution's kernel moves over an image.
public struct ConvolutionWindow: Hashable, Sendable {
  public var height: Int, width: Int
  public var stride: Int
  public var padding: Padding
  public var groups: Int

  /// The size of the result for an image of this size; below 1 where the kernel does not fit.
  public func output(height h: Int, width w: Int) -> (height: Int, width: Int) {
    let free = (h + padding.top + padding.bottom - height, w + padding.left + padding.right - width)
    return (free.0 < 0 ? 0 : free.0 / stride + 1, free.1 < 0 ? 0 : free.1 / stride + 1)
  }

  /// Whether every pixel is taken alone, so that the convolution is a product.
  var isPointwise: Bool { height == 1 && width == 1 && stride == 1 && padding == .none && groups == 1 }
}
