import Tensor

extension Metrics {
  /// The cosine of the angle between two tensors of one shape, seen as vectors; 0 if one of them is all zeros.
  public static func cosine(_ a: Tensor, _ b: Tensor) throws -> Double {
    let (x, y) = try pair("cosine", a, b)
    var (product, xx, yy) = (0.0, 0.0, 0.0)
    for index in x.indices {
      let (u, v) = (Double(x[index]), Double(y[index]))
      product += u * v
      xx += u * u
      yy += v * v
    }
    let lengths = xx.squareRoot() * yy.squareRoot()
    return lengths == 0 ? 0 : product / lengths
  }
}
