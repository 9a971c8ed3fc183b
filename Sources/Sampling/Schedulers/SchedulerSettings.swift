import Encoding
import Models

/// Which settings of a scheduler's config count.
///
/// Configs are handed from one scheduler to another: Stable Diffusion's own name `clip_sample` to PNDM, which has no such
/// thing. diffusers ignores whatever a class does not know; here a setting that says something and is not heard is refused.
enum SchedulerSettings {
  /// Of every class.
  static let common: Set<String> = [
    "beta_end", "beta_schedule", "beta_start", "num_train_timesteps", "prediction_type", "steps_offset",
    "timestep_spacing", "trained_betas",
  ]

  /// They say how a class that has them works, published configs carry them everywhere, and without the class they mean nothing.
  private static let leftovers: Set<String> = [
    "algorithm_type", "clip_sample", "clip_sample_range", "disable_corrector", "dynamic_thresholding_ratio",
    "flow_shift", "lower_order_final", "original_inference_steps", "sample_max_value", "set_alpha_to_one",
    "skip_prk_steps", "solver_order", "solver_type", "time_shift_type", "timestep_scaling", "tensor_format",
  ]

  /// Values that ask for nothing.
  private static let usual: [String: JSON] = [
    "final_sigmas_type": "zero", "interpolation_type": "linear", "timestep_type": "discrete",
    "predict_x0": true, "variance_type": "fixed_small",
  ]

  /// They say how the model was trained, so that no scheduler may pass them by.
  private static let ofTraining: Set<String> = ["rescale_betas_zero_snr", "use_flow_sigmas"]

  /// What a scheduler called `name` reads of a checkpoint's config.
  ///
  /// - Parameters:
  ///   - known: the settings of its class
  ///   - others: those of the classes for which the config was written, if they are not its own
  ///   - all: those of any class
  /// - Throws: `PipelineError` for a setting that the class does not know and that would change the result where it is known.
  static func read(
    _ config: SchedulerConfig, by name: String, known: Set<String>, others: Set<String>, all: Set<String>
  ) throws -> SchedulerConfig {
    var strays: Set<String> = []
    for (key, value) in config.members where !known.contains(key) {
      if key == "_use_default_values", value.array?.isEmpty == false {
        throw config.invalid("_use_default_values is not supported")
      }
      strays.insert(key)
      let isSilent =
        key.hasPrefix("_") || value == .null || value == .bool(false) || leftovers.contains(key)
        || usual[key] == value || (key == "lambda_min_clipped" && value.double == -.infinity)
        || (others.contains(key) && !ofTraining.contains(key))
      guard isSilent else {
        throw config.invalid(
          all.contains(key)
            ? "\(key) is not a setting of the \(name) scheduler, got \(value)"
            : "unknown setting \(key) = \(value)")
      }
    }
    return config.dropping(strays)
  }
}
