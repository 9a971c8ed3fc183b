import Glibc

/// The schedule with which a model was trained: how much of the clean sample is left at each training timestep.
struct NoiseSchedule {
  /// ᾱ per training timestep. Rounded to single precision as torch does: near t = 0 the rounding of 1 − ᾱ is
  /// larger than any other error.
  private(set) var alphasCumprod: [Float]

  var trainingSteps: Int { alphasCumprod.count }

  enum BetaSchedule: String, CaseIterable {
    case linear
    case scaledLinear = "scaled_linear"
    case cosine = "squaredcos_cap_v2"
  }

  /// - Parameter keepsLastFinite: with zero terminal signal, leave a trace of it so that sigmas stay finite.
  init(_ config: SchedulerConfig, keepsLastFinite: Bool) throws {
    let count = try config.int("num_train_timesteps", default: 1000)
    guard (2...1_000_000).contains(count) else {
      throw config.invalid("num_train_timesteps must be between 2 and 1000000, got \(count)")
    }
    let start = try config.float("beta_start", default: 0.0001)
    let end = try config.float("beta_end", default: 0.02)
    guard start >= 0, end >= 0, start < 1, end < 1 else {
      throw config.invalid("beta_start and beta_end must be in [0, 1), got \(start) and \(end)")
    }
    var betas: [Float]
    if let trained = try config.floats("trained_betas") {
      guard trained.count == count else {
        throw config.invalid(
          "trained_betas has \(trained.count) entries, num_train_timesteps is \(count)")
      }
      betas = trained.map { Float($0) }
    } else {
      switch try config.choice("beta_schedule", default: BetaSchedule.linear) {
      case .linear: betas = Self.linspace(Float(start), Float(end), count: count)
      case .scaledLinear:
        betas = Self.linspace(Float(start.squareRoot()), Float(end.squareRoot()), count: count).map {
          $0 * $0
        }
      case .cosine: betas = Self.cosineBetas(count: count)
      }
    }
    let zeroTerminal = try config.bool("rescale_betas_zero_snr", default: false)
    if zeroTerminal { betas = Self.rescaledToZeroTerminalSignal(betas) }
    alphasCumprod = Self.cumulativeProduct(betas.map { 1 - $0 })
    if zeroTerminal && keepsLastFinite { alphasCumprod[alphasCumprod.count - 1] = 0x1p-24 }
  }

  /// The mixture of signal and noise at a (whole) timestep of training.
  func level(_ timestep: Double) -> NoiseLevel { NoiseLevel(alphaCumprod: alphasCumprod[Int(timestep)]) }

  /// Noise per signal, sqrt((1 − ᾱ) / ᾱ), per training timestep.
  var sigmas: [Float] { alphasCumprod.map { ((1 - $0) / $0).squareRoot() } }

  /// Counts up from the start in the first half and down from the end in the second, as torch does.
  private static func linspace(_ start: Float, _ end: Float, count: Int) -> [Float] {
    guard count > 1 else { return [start] }
    let step = (end - start) / Float(count - 1)
    return (0..<count).map { i in
      i < count / 2 ? start + step * Float(i) : end - step * Float(count - 1 - i)
    }
  }

  /// Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models" (2021), equation 17.
  private static func cosineBetas(count: Int) -> [Float] {
    func signal(_ time: Double) -> Double {
      let c = cos((time + 0.008) / 1.008 * Double.pi / 2)
      return c * c
    }
    return (0..<count).map { i in
      let ratio = signal(Double(i + 1) / Double(count)) / signal(Double(i) / Double(count))
      return Float(min(1 - ratio, 0.999))
    }
  }

  /// Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed" (2023), algorithm 1.
  private static func rescaledToZeroTerminalSignal(_ betas: [Float]) -> [Float] {
    let roots = cumulativeProduct(betas.map { 1 - $0 }).map { $0.squareRoot() }
    guard let first = roots.first, let last = roots.last, first > last else { return betas }
    let bars = roots.map { root in
      let shifted = (root - last) * (first / (first - last))
      return shifted * shifted
    }
    return bars.indices.map { i in 1 - (i == 0 ? bars[0] : bars[i] / bars[i - 1]) }
  }

  private static func cumulativeProduct(_ factors: [Float]) -> [Float] {
    var product = 1.0
    return factors.map { factor in
      product *= Double(factor)
      return Float(product)
    }
  }
}
