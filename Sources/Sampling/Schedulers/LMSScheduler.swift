import Tensor

/// A linear multistep method of order 4 in sigma (Adams-Bashforth for uneven steps; Crowson's k-diffusion): the
/// slopes of the last steps are interpolated by a polynomial, which is integrated over the next one.
///
/// A run that starts in the middle begins with fewer slopes.
public struct LMSScheduler: ConfiguredScheduler {
  public var timesteps: [Double] { schedule.times }
  public var initialNoiseScale: Float { schedule.initialNoiseScale }
  public let drawsNoise = false

  private static let order = 4

  private let schedule: SigmaSchedule
  private let predictionType: PredictionType
  /// Slopes of the steps before, the latest first, and the step of the latest.
  private var slopes: [Tensor] = []
  private var latest = -1

  public static let settings: Set<String> = [
    "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
  ]

  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try config.rejectEta(eta, "lms")
    predictionType = try config.predictionType()
    schedule = try SigmaSchedule(config, NoiseSchedule(config, keepsLastFinite: false), steps: steps)
  }

  public func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    try schedule.scaled(sample, at: index)
  }

  public mutating func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    let sigma = schedule.sigmas[index]
    let denoised = try predictionType.denoised(prediction, of: sample, sigma: sigma)
    let slope = try sample.subtracting(denoised).dividing(sigma)
    slopes = [slope] + (latest == index - 1 ? slopes.prefix(Self.order - 1) : [])
    latest = index
    let weights = Self.weights(
      nodes: slopes.indices.map { Double(schedule.sigmas[index - $0]) },
      to: Double(schedule.sigmas[index + 1]))
    let next = try Tensor.combination([(1, sample)] + zip(weights, slopes).map { (Float($0), $1) })
    return SchedulerStep(sample: next, denoised: denoised, noise: slope)
  }

  /// The integrals of Lagrange's polynomials over the step from the first node to `end`.
  ///
  /// Gauss-Legendre with two points integrates polynomials up to the third degree, which these are, exactly.
  static func weights(nodes: [Double], to end: Double) -> [Double] {
    let (middle, half) = ((nodes[0] + end) / 2, (end - nodes[0]) / 2)
    let points = [-1, 1].map { middle + half * $0 / 3.0.squareRoot() }
    return nodes.indices.map { k in
      let values = points.map { point in
        nodes.indices.filter { $0 != k }.reduce(1.0) {
          $0 * (point - nodes[$1]) / (nodes[k] - nodes[$1])
        }
      }
      return half * values.reduce(0, +)
    }
  }

  public func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    try schedule.noisy(clean, noise, at: index)
  }
}
