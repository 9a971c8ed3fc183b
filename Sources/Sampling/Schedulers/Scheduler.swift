import Models
import Tensor

/// Walks from noise to a sample, one prediction of the model at a time.
///
/// A scheduler is made for one run: its timesteps are fixed from the start, and only what a multistep solver
/// remembers of earlier predictions changes. Steps are addressed by their index in `timesteps`, from 0. All
/// coefficients are computed in single precision in the order of diffusers 0.42, whose numbers these are.
public protocol Scheduler {
  /// The model's time at each step, descending.
  var timesteps: [Double] { get }
  /// Standard deviation of the noise with which the first step starts.
  var initialNoiseScale: Float { get }
  /// Whether `step` needs fresh noise, at least at some indices.
  var drawsNoise: Bool { get }
  /// Whether `step` uses fresh noise at this index.
  func drawsNoise(at index: Int) -> Bool
  /// Calls of the model for one of the steps that `init` was asked for: `timesteps` counts calls.
  var callsPerStep: Int { get }

  /// What the model is to be shown in place of the sample.
  func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor

  /// - Parameters:
  ///   - prediction: the model's output, guidance included, of the shape of `sample`.
  ///   - noise: unit normal numbers of the same shape; only if `drawsNoise`.
  mutating func step(_ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?) throws
    -> SchedulerStep

  /// A clean sample with the noise that it has when it enters a step.
  func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor
}

/// A scheduler that a checkpoint's settings make.
public protocol ConfiguredScheduler: Scheduler, SendableMetatype {
  /// The settings that diffusers' class has besides those of all classes (`SchedulerSettings.common`), also those that
  /// are refused here.
  static var settings: Set<String> { get }
  /// The settings of all classes that diffusers' class does not have.
  static var lacks: Set<String> { get }

  /// - Parameters:
  ///   - config: the checkpoint's `scheduler_config.json`; a missing key has the class's own default there.
  ///   - eta: share of fresh noise in each step, where the scheduler knows one.
  /// - Throws: `PipelineError` for settings that are invalid or not supported.
  init(_ config: SchedulerConfig, steps: Int, eta: Double) throws
}

/// A scheduler whose schedule may start with less noise than the training's, all steps taken.
public protocol ShortenedScheduler: ConfiguredScheduler {
  /// - Parameter share: of the training's timesteps, from the lowest
  init(_ config: SchedulerConfig, steps: Int, eta: Double, share: Double) throws
}

extension ShortenedScheduler {
  public init(_ config: SchedulerConfig, steps: Int, eta: Double = 0) throws {
    try self.init(config, steps: steps, eta: eta, share: 1)
  }
}

extension ConfiguredScheduler {
  public static var lacks: Set<String> { [] }
  /// All that it reads.
  static var known: Set<String> { settings.union(SchedulerSettings.common).subtracting(lacks) }
}

extension Scheduler {
  public var callsPerStep: Int { 1 }
  public func drawsNoise(at index: Int) -> Bool { drawsNoise }
}

extension Tensor? {
  /// The noise of a step of a scheduler that draws some.
  func required(by scheduler: String) throws -> Tensor {
    guard let self else { throw PipelineError("the \(scheduler) scheduler needs noise in every step") }
    return self
  }
}

/// What comes out of one step.
public struct SchedulerStep {
  /// The sample that enters the next step.
  public let sample: Tensor
  /// The clean sample that the model predicts (x₀).
  public let denoised: Tensor
  /// The noise that the model predicts (ε), whatever its own parameterisation.
  public let noise: Tensor

  public init(sample: Tensor, denoised: Tensor, noise: Tensor) {
    (self.sample, self.denoised, self.noise) = (sample, denoised, noise)
  }
}
