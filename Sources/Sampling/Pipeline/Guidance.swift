import Tensor

/// How the predictions with and without the prompt become one (Ho and Salimans, "Classifier-Free Diffusion Guidance",
/// 2022, equation 6).
struct Guidance {
  /// At most 1: the prompt alone. So it is in models that take the guidance beside the timestep.
  let weight: Float
  /// Share of the guided prediction that is scaled to the deviation of the conditional one (Lin et al. 2023,
  /// equations 14 to 16).
  var rescale: Float = 0

  /// - Parameters:
  ///   - with: predictions with the prompt, {rows, …}
  ///   - without: predictions without it, of the same shape
  func callAsFunction(_ with: Tensor, _ without: Tensor) throws -> Tensor {
    let guided = try without.adding(with.subtracting(without).multiplying(weight))
    guard rescale > 0 else { return guided }
    let dims = Array(1..<with.rank)
    let ratio = try with.variance(dims: dims, keepDim: true).sqrt()
      .dividing(guided.variance(dims: dims, keepDim: true).sqrt())
    return try .combination((rescale, guided.multiplying(ratio)), (1 - rescale, guided))
  }
}
