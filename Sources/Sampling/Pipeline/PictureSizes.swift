/// What a model is told of a picture's size: where in its training it saw such a picture (Podell et al., "SDXL", 2023,
/// section 2.2). Each is {height, width} or {top, left} in pixels.
public struct PictureSizes: Sendable {
  /// Of the picture before it was scaled; small ones stand for blurred pictures.
  public var original: (height: Double, width: Double)?
  /// What was cut off at the top and at the left.
  public var crop: (top: Double, left: Double) = (0, 0)
  /// Of the picture that is made; nil for its own.
  public var target: (height: Double, width: Double)?

  public init() {}

  /// The numbers that the model sees.
  func numbers(height: Int, width: Int) -> [Float] {
    let own = (height: Double(height), width: Double(width))
    let (original, target) = (original ?? own, target ?? own)
    return [
      original.height, original.width, crop.top, crop.left, target.height, target.width,
    ].map { Float($0) }
  }
}
