import Encoding
import Glibc

import Tensor
import Testing

@testable import Sampling

/// Schedulers against diffusers under the toy model of Scripts/dev/goldens/schedulers.py.
@Suite struct SchedulerTests {
  struct Case {
    let json: JSON

    var name: String { json["scheduler"]?.string ?? "" }
    var steps: Int { json["steps"]?.int ?? 0 }
    /// The call with which the run starts, from 0.
    var first: Int { json["first"]?.int ?? 0 }
    var className: String {
      name == "dpmsolver++" ? json["config"]?["algorithm_type"]?.string ?? name : name
    }
    var eta: Double { json["eta"]?.double ?? 0 }
    var config: SchedulerConfig { SchedulerConfig(json["config"] ?? .null) }

    /// Euler with zero terminal signal starts at sigma = 4096, whose rounding errors the later, small states keep. Where
    /// differences of nearly equal numbers decide, diffusers' single precision shows: in DEIS' integrals (2.5e-5 measured),
    /// and in the level below the next one of the ancestral midpoint method (3.6e-5).
    var tolerance: Float {
      switch name {
      case "euler" where json["config"]?["rescale_betas_zero_snr"] != nil: 1e-4
      case "deis", "kdpm2_ancestral": 5e-5
      default: 1e-5
      }
    }

    func list(_ key: String) -> [Float] { numbers(json[key]) }
    func lists(_ key: String) -> [[Float]] { (json[key]?.array ?? []).map { numbers($0) } }

    private func numbers(_ json: JSON?) -> [Float] {
      (json?.array ?? []).compactMap { $0.double.map { Float($0) } }
    }
  }

  static func cases() throws -> [Case] {
    let all = try JSON(file: Goldens.path("toy-schedulers.json")).array ?? []
    return all.map { Case(json: $0) }
  }

  /// The largest difference relative to the largest expected value.
  private func difference(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    let scale = expected.map { abs($0) }.max() ?? 1
    return zip(found, expected).map { abs($0 - $1) }.max().map { $0 / max(scale, 1e-6) } ?? 0
  }

  @Test func followsDiffusersStepByStep() throws {
    let cases = try Self.cases()
    #expect(cases.count > 200)
    let algorithms: Set = ["sde-dpmsolver++", "dpmsolver", "sde-dpmsolver"]
    #expect(Set(cases.map(\.name)).union(algorithms).isSuperset(of: SchedulerRegistry.names))
    #expect(Set(cases.map(\.className)).isSuperset(of: algorithms))
    for (number, golden) in cases.enumerated() {
      let what: Comment = "case \(number): \(golden.name), \(golden.steps) steps, \(golden.json["config"]!)"
      if golden.name == "ddim inversion" {
        try checkInversion(golden, what)
      } else {
        try check(golden, what)
      }
    }
  }

  private func check(_ golden: Case, _ what: Comment) throws {
    var scheduler = try SchedulerRegistry.make(
      golden.className, config: golden.config, steps: golden.steps, eta: golden.eta)
    #expect(difference(scheduler.timesteps.map { Float($0) }, golden.list("timesteps")) < 1e-6, what)
    let scale = Float(golden.json["scale"]?.double ?? 0)
    #expect(abs(scheduler.initialNoiseScale - scale) <= 1e-5 * scale, what)

    let start = golden.list("start")
    var sample = try Tensor(start, shape: [1, start.count]).multiplying(scheduler.initialNoiseScale)
    let noises = golden.lists("noises")
    let inputs = golden.lists("inputs")
    #expect(scheduler.drawsNoise == !noises.isEmpty, what)
    #expect(golden.lists("states").count == scheduler.timesteps.count - golden.first, what)
    for (call, state) in golden.lists("states").enumerated() {
      let index = golden.first + call
      let shown = try scheduler.scaleInput(sample, at: index)
      #expect(
        difference(shown.toArray(), inputs.isEmpty ? sample.toArray() : inputs[call]) < golden.tolerance, what
      )
      let noise = noises.isEmpty ? nil : try Tensor(noises[call], shape: sample.shape)
      sample = try scheduler.step(
        output(shown, scheduler.timesteps[index]), at: index, sample: sample, noise: noise
      ).sample
      #expect(difference(sample.toArray(), state) < golden.tolerance, "\(what), call \(call)")
    }

    let clean = try Tensor(start, shape: [1, start.count])
    let noise = try Tensor([0.3, 1.1, -2.0], shape: clean.shape)
    let noisy = try scheduler.addNoise(noise, to: clean, at: golden.steps / 2)
    #expect(difference(noisy.toArray(), golden.list("noisy")) < 1e-5, what)
  }

  private func checkInversion(_ golden: Case, _ what: Comment) throws {
    let inversion = try DDIMInversion(golden.config, steps: golden.steps)
    #expect(difference(inversion.timesteps.map { Float($0) }, golden.list("timesteps")) < 1e-6, what)
    var sample = try Tensor(golden.list("start"), shape: [1, 3])
    for (index, state) in golden.lists("states").enumerated() {
      sample = try inversion.step(output(sample, inversion.timesteps[index]), at: index, sample: sample)
      #expect(difference(sample.toArray(), state) < golden.tolerance, what)
    }
  }

  private func output(_ shown: Tensor, _ time: Double) throws -> Tensor {
    try Tensor(shown.toArray().map { tanhf(0.8 * $0 + Float(time / 1000) - 0.3) }, shape: shown.shape)
  }

  /// With the predicted noise and clean sample, every scheduler's state can be put together again.
  @Test(arguments: ["epsilon", "sample", "v_prediction"])
  func predictionsAreConsistent(type: String) throws {
    let json = try JSON(parsing: #"{"prediction_type": "\#(type)", "clip_sample": false}"#)
    for name in SchedulerRegistry.names where type != "sample" || !name.hasPrefix("edm_") {
      var scheduler = try SchedulerRegistry.make(name, config: SchedulerConfig(json), steps: 5)
      let sample = try Tensor([0.5, -1, 2], shape: [1, 3])
      let step = try scheduler.step(
        Tensor([0.1, 0.2, -0.3], shape: [1, 3]), at: 2, sample: sample,
        noise: scheduler.drawsNoise ? .zeros([1, 3]) : nil)
      let again = try scheduler.addNoise(step.noise, to: step.denoised, at: 2)
      #expect(difference(again.toArray(), sample.toArray()) < 1e-5, "\(name)")
    }
  }

  @Test func refusesWhatItCannotDo() throws {
    func message(_ config: String, _ name: String = "ddim", steps: Int = 10, eta: Double = 0) -> String {
      do {
        _ = try SchedulerRegistry.make(
          name, config: SchedulerConfig(JSON(parsing: config)), steps: steps, eta: eta)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message("{}", "plms").hasPrefix("there is no scheduler 'plms' (there are 'ddim', 'ddpm', 'pndm', "))
    #expect(message("{}", steps: 0) == "steps must be between 1 and 1000, got 0")
    #expect(message("{}", steps: 1001) == "steps must be between 1 and 1000, got 1001")
    #expect(message(#"{"steps_offset": 1}"#, steps: 1000).contains("steps_offset = 1"))
    #expect(message("{}", eta: -1) == "eta must not be negative, got -1.0")
    #expect(message("{}", "euler", eta: 1) == "the euler scheduler has no eta, got 1.0")
    #expect(message(#"{"beta_end": "x"}"#) == #"scheduler_config.json: beta_end must be a number, got "x""#)
    #expect(message(#"{"beta_schedule": "sqrt"}"#).contains(#"one of "linear", "scaled_linear""#))
    #expect(
      message(#"{"thresholding": true, "sample_max_value": 0}"#).contains("sample_max_value must be above 0"))
    #expect(
      message(#"{"use_beta_sigmas": true, "use_karras_sigmas": true}"#, "heun").contains("cannot go together")
    )
    #expect(
      message(#"{"algorithm_type": "dpmsolver"}"#, "DPMSolverMultistepScheduler").contains(
        "final_sigmas_type"))
    #expect(message(#"{"solver_order": 3}"#, "sde-dpmsolver").contains("solver_order = 3 with"))
    #expect(message(#"{"prediction_type": "flow_prediction"}"#, "unipc").contains("use_flow_sigmas"))
    #expect(message(#"{"use_flow_sigmas": true}"#, "euler").contains("use_flow_sigmas is not a setting of"))
    #expect(message(#"{"prediction_type": "sample"}"#, "edm_euler").contains("prediction_type must be"))
    #expect(
      message(#"{"timestep_spacing": "trailing"}"#, "edm_euler").contains("timestep_spacing is not a setting")
    )
    #expect(message(#"{"solver_order": 4}"#, "dpmsolver++").contains("solver_order must be 1, 2 or 3"))
    #expect(message("{}", "pndm", steps: 3).contains("steps must be at least 4"))
    #expect(message("{}", "lcm", steps: 51).contains("(original_inference_steps)"))
    #expect(message("{}", "unipc", steps: 1000) == "steps must be below 1000 with this scheduler, got 1000")
    #expect(message(#"{"rescale_betas_zero_snr": true}"#, "heun").contains("rescale_betas_zero_snr is not"))
    #expect(message(#"{"variance_type": "learned"}"#, "ddpm").contains("variance_type must be one of"))
  }
}

/// Schedulers inside whole runs.
@Suite struct SchedulerRunTests {
  /// A run that is cut in two goes on with the same random numbers; Heun between its two calls keeps Euler's step.
  @Test(arguments: ["ddpm", "euler_ancestral", "lcm", "heun", "kdpm2", "kdpm2_ancestral"])
  func aSplitRunIsTheWholeRun(scheduler: String) throws {
    let toy = Toy()
    func run(_ change: (inout GenerateRequest) -> Void = { _ in }) throws -> GenerateResult {
      try toy.generate {
        $0.scheduler = scheduler
        $0.steps = 5
        $0.seeds = [3]
        change(&$0)
      }
    }
    let whole = try run()
    #expect(whole.timesteps.count == (["heun", "kdpm2", "kdpm2_ancestral"].contains(scheduler) ? 9 : 5))
    let first = try run { $0.endStep = 4 }
    let second = try run {
      $0.latents = first.latents
      $0.startStep = 5
    }
    #expect(difference(second.latents, whole.latents) < 1e-6)
  }

  @Test func settingsOverrideTheCheckpoint() throws {
    let toy = Toy()
    let plain = try toy.generate { $0.scheduler = "euler" }
    let karras = try toy.generate {
      $0.scheduler = "euler"
      $0.schedulerSettings["use_karras_sigmas"] = .bool(true)
    }
    #expect(plain.timesteps != karras.timesteps)
    let refusal = toy.refusal {
      $0.scheduler = "euler"
      $0.schedulerSettings["use_karras_sigmas"] = .string("yes")
    }
    #expect(refusal == #"scheduler_config.json: use_karras_sigmas must be true or false, got "yes""#)
  }

  /// Rescaled guidance has, at the full factor, the deviation of the prompt's own prediction.
  @Test func guidanceIsRescaled() throws {
    let (with, without) = (
      try Tensor([1, 2, 3, 5], shape: [1, 4]), try Tensor([0, 2, -1, 1], shape: [1, 4])
    )
    let full = try Guidance(weight: 7, rescale: 1)(with, without)
    #expect(abs(try full.variance().item() - with.variance().item()) < 1e-4)
    let plain = try Guidance(weight: 7)(with, without)
    let half = try Guidance(weight: 7, rescale: 0.5)(with, without)
    #expect(difference(half, try full.adding(plain).multiplying(0.5)) < 1e-6)
    #expect(Toy().refusal { $0.guidanceRescale = 1.5 } == "guidanceRescale must be between 0 and 1, got 1.5")
  }
}
