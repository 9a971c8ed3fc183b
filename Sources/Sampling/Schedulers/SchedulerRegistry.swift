import Encoding
import Models

/// Schedulers by name. A new one is one file and one line here.
public enum SchedulerRegistry {
  private struct Entry {
    let name: String
    /// What diffusers calls it.
    let className: String
    let type: any ConfiguredScheduler.Type
    /// Settings that the name stands for.
    var settings: [(key: String, value: JSON)] = []
  }

  private static let entries: [Entry] = [
    Entry(name: "ddim", className: "DDIMScheduler", type: DDIMScheduler.self),
    Entry(name: "ddpm", className: "DDPMScheduler", type: DDPMScheduler.self),
    Entry(name: "pndm", className: "PNDMScheduler", type: PNDMScheduler.self),
    Entry(name: "euler", className: "EulerDiscreteScheduler", type: EulerScheduler.self),
    Entry(
      name: "euler_ancestral", className: "EulerAncestralDiscreteScheduler",
      type: EulerAncestralScheduler.self),
    Entry(name: "heun", className: "HeunDiscreteScheduler", type: HeunScheduler.self),
    Entry(name: "lms", className: "LMSDiscreteScheduler", type: LMSScheduler.self),
    Entry(
      name: "dpmsolver++", className: "DPMSolverMultistepScheduler", type: DPMSolverMultistepScheduler.self,
      settings: [("algorithm_type", .string("dpmsolver++"))]),
    Entry(
      name: "sde-dpmsolver++", className: "DPMSolverMultistepScheduler",
      type: DPMSolverMultistepScheduler.self,
      settings: [("algorithm_type", .string("sde-dpmsolver++"))]),
    Entry(name: "unipc", className: "UniPCMultistepScheduler", type: UniPCMultistepScheduler.self),
    Entry(name: "lcm", className: "LCMScheduler", type: LCMScheduler.self),
  ]

  /// The names that `make` takes, besides the class names of diffusers.
  public static var names: [String] { entries.map(\.name) }

  /// Whether the checkpoint's own scheduler is known here.
  public static func knows(_ config: SchedulerConfig) -> Bool {
    entries.contains { $0.className == config.className }
  }

  /// - Parameters:
  ///   - name: one of `names`, or a class name of diffusers
  ///   - overrides: settings that take the place of those in `config`, by the names that diffusers gives them
  /// - Throws: `PipelineError` if there is no scheduler of that name, or its settings are invalid.
  public static func make(
    _ name: String, config: SchedulerConfig, steps: Int, eta: Double = 0,
    overrides: JSON.Object = JSON.Object()
  ) throws -> any Scheduler {
    guard let entry = entries.first(where: { $0.name == name || $0.className == name }) else {
      let known = names.map { "'\($0)'" }.joined(separator: ", ")
      throw PipelineError("there is no scheduler '\(name)' (there are \(known))")
    }
    var settings = JSON.Object()
    if entry.name == name {
      for (key, value) in entry.settings { settings[key] = value }
    }
    return try entry.type.init(
      config.overriding(settings).overriding(overrides), steps: steps, eta: eta)
  }

  /// The settings that some scheduler reads, by the names that diffusers gives them.
  public static let settings = [
    "algorithm_type", "beta_end", "beta_schedule", "beta_start", "clip_sample", "clip_sample_range",
    "disable_corrector", "euler_at_final", "final_sigmas_type", "lambda_min_clipped", "lower_order_final",
    "num_train_timesteps", "original_inference_steps", "predict_x0", "prediction_type",
    "rescale_betas_zero_snr", "set_alpha_to_one", "sigma_max", "sigma_min", "skip_prk_steps", "solver_order",
    "solver_type", "steps_offset", "timestep_scaling", "timestep_spacing", "timestep_type", "trained_betas",
    "use_karras_sigmas", "variance_type",
  ]
}
