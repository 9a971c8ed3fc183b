import Glibc
import Models
import Tensor

/// How much of a noisy sample is signal and how much noise: x = signal · x₀ + noise · ε, mostly with signal² + noise² = 1.
struct NoiseLevel {
  let signal, noise: Float

  init(alphaCumprod: Float) {
    signal = alphaCumprod.squareRoot()
    noise = (1 - alphaCumprod).squareRoot()
  }

  /// - Parameter share: of noise in a straight mixture, signal + noise = 1, as in flow matching
  init(flow share: Float) { (signal, noise) = (1 - share, share) }

  /// - Parameter deviation: of noise that is added to the whole signal
  init(added deviation: Float) { (signal, noise) = (1, deviation) }

  /// - Parameter sigma: noise per signal
  init(sigma: Float) {
    signal = 1 / (sigma * sigma + 1).squareRoot()
    noise = sigma * signal
  }

  /// Half the logarithm of the signal-to-noise ratio.
  var lambda: Float { log(signal) - log(noise) }

  /// The noisy sample of this level.
  func mixed(_ clean: Tensor, with noise: Tensor) throws -> Tensor {
    try .combination((signal, clean), (self.noise, noise))
  }
}

/// What a model's output stands for.
enum PredictionType: String, CaseIterable {
  case epsilon
  case sample
  case velocity = "v_prediction"
  /// The way from the clean sample to the noise (Lipman et al., "Flow Matching for Generative Modeling", 2023).
  case flow = "flow_prediction"

  /// The clean sample and the noise that a prediction speaks of, for a noisy sample x = signal · x₀ + noise · ε.
  func estimates(
    _ prediction: Tensor, of sample: Tensor, at level: NoiseLevel
  ) throws -> (denoised: Tensor, noise: Tensor) {
    switch self {
    case .epsilon:
      (try sample.subtracting(prediction.multiplying(level.noise)).dividing(level.signal), prediction)
    case .sample:
      (prediction, try sample.subtracting(prediction.multiplying(level.signal)).dividing(level.noise))
    case .velocity:
      (
        try .combination((level.signal, sample), (-level.noise, prediction)),
        try .combination((level.signal, prediction), (level.noise, sample))
      )
    case .flow:
      (
        try .combination((1, sample), (-level.noise, prediction)),
        try .combination((1, sample), (level.signal, prediction))
      )
    }
  }

  /// The clean sample that a prediction speaks of, for a noisy sample x = x₀ + sigma · ε.
  func denoised(_ prediction: Tensor, of sample: Tensor, sigma: Float) throws -> Tensor {
    switch self {
    case .epsilon: return try .combination((1, sample), (-sigma, prediction))
    case .sample: return prediction
    case .flow: throw PipelineError("flow_prediction has no meaning at levels of noise per signal")
    case .velocity:
      let variance = sigma * sigma + 1
      return try prediction.multiplying(-sigma / variance.squareRoot()).adding(sample.dividing(variance))
    }
  }
}

extension Tensor {
  /// The weighted sum of tensors of one shape, added from left to right.
  static func combination(_ terms: (weight: Float, tensor: Tensor)...) throws -> Tensor {
    try combination(terms)
  }

  static func combination(_ terms: [(weight: Float, tensor: Tensor)]) throws -> Tensor {
    guard let first = terms.first else { throw PipelineError("a sum of no tensors") }
    let start = first.weight == 1 ? first.tensor : try first.tensor.multiplying(first.weight)
    return try terms.dropFirst().reduce(start) { try $0.adding($1.tensor.multiplying($1.weight)) }
  }
}
