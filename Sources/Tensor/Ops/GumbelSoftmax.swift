extension Tensor {
  /// A differentiable draw from the distribution whose logarithms (up to a constant) this holds along `dim`: the
  /// softmax of logits and Gumbel noise over a temperature (Jang et al., arXiv:1611.01144, equation 2).
  ///
  /// - Parameters:
  ///   - uniform: random numbers of [0, 1), {this shape}.
  ///   - isHard: gives 1 at the largest and 0 elsewhere, with the gradient of the soft draw.
  public func gumbelSoftmax(uniform: Tensor, temperature: Float = 1, isHard: Bool = false, dim: Int = -1)
    throws
    -> Tensor
  {
    guard temperature > 0, temperature.isFinite else {
      throw TensorError("gumbel softmax: the temperature must be above 0, got \(temperature)")
    }
    guard uniform.shape == shape else {
      throw TensorError(
        "gumbel softmax: random numbers \(Shape.text(shape)) expected, got \(Shape.text(uniform.shape))")
    }
    // 0 would give an infinity.
    let noise = try uniform.maximum(1e-30).log().negated().log().negated()
    let soft = try adding(noise).dividing(temperature).softmax(dim: dim)
    return isHard ? try soft.straightThrough(soft.detached.oneHotMaximum(dim: dim)) : soft
  }

  /// 1 at the first largest element along `dim`, 0 elsewhere.
  private func oneHotMaximum(dim: Int) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    var places = [Int](repeating: 1, count: rank)
    places[d] = shape[d]
    return try Tensor.arange(0, Double(shape[d])).reshaped(places).equal(to: argmax(dim: d, keepDim: true))
  }
}
