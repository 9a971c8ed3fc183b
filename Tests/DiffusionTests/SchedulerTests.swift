import Diffusion
import Encoding
import Glibc
import Neural
import Tensor
import Testing

/// Schedulers against diffusers under the toy model of Scripts/dev/goldens/schedulers.py.
@Suite struct SchedulerTests {
  struct Case {
    let json: JSON

    var name: String { json["scheduler"]?.string ?? "" }
    var steps: Int { json["steps"]?.int ?? 0 }
    var eta: Double { json["eta"]?.double ?? 0 }
    var config: SchedulerConfig { SchedulerConfig(json["config"] ?? .null) }

    /// Euler with zero terminal signal starts at sigma = 4096, whose rounding errors the later, small states keep.
    var tolerance: Float {
      name == "euler" && json["config"]?["rescale_betas_zero_snr"] != nil ? 1e-4 : 1e-5
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
    #expect(cases.count > 40)
    for (number, golden) in cases.enumerated() {
      let what: Comment = "case \(number): \(golden.name), \(golden.steps) steps, \(golden.json["config"]!)"
      var scheduler = try SchedulerRegistry.make(
        golden.name, config: golden.config, steps: golden.steps, eta: golden.eta)
      #expect(difference(scheduler.timesteps.map { Float($0) }, golden.list("timesteps")) < 1e-6, what)
      let scale = Float(golden.json["scale"]?.double ?? 0)
      #expect(abs(scheduler.initialNoiseScale - scale) <= 1e-5 * scale, what)

      let start = golden.list("start")
      var sample = try Tensor(start, shape: [1, start.count]).multiplying(scheduler.initialNoiseScale)
      let noises = golden.lists("noises")
      #expect(scheduler.drawsNoise == !noises.isEmpty, what)
      for (index, time) in scheduler.timesteps.enumerated() {
        let shown = try scheduler.scaleInput(sample, at: index)
        #expect(difference(shown.toArray(), golden.lists("inputs")[index]) < golden.tolerance, what)
        let output = shown.toArray().map { tanhf(0.8 * $0 + Float(time / 1000) - 0.3) }
        let noise = noises.isEmpty ? nil : try Tensor(noises[index], shape: sample.shape)
        sample = try scheduler.step(
          Tensor(output, shape: sample.shape), at: index, sample: sample, noise: noise
        ).sample
        #expect(difference(sample.toArray(), golden.lists("states")[index]) < golden.tolerance, what)
      }

      let clean = try Tensor(start, shape: [1, start.count])
      let noise = try Tensor([0.3, -0.2, 1.1, -2.0, 0.7], shape: clean.shape)
      let noisy = try scheduler.addNoise(noise, to: clean, at: golden.steps / 2)
      #expect(difference(noisy.toArray(), golden.list("noisy")) < 1e-5, what)
    }
  }

  /// With the predicted noise and clean sample, every scheduler's state can be put together again.
  @Test(arguments: ["epsilon", "sample", "v_prediction"])
  func predictionsAreConsistent(type: String) throws {
    let json = try JSON(parsing: #"{"prediction_type": "\#(type)", "clip_sample": false}"#)
    for name in SchedulerRegistry.names {
      var scheduler = try SchedulerRegistry.make(name, config: SchedulerConfig(json), steps: 5)
      let sample = try Tensor([0.5, -1, 2], shape: [1, 3])
      let step = try scheduler.step(
        Tensor([0.1, 0.2, -0.3], shape: [1, 3]), at: 2, sample: sample, noise: nil)
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
      message("{}", "pndm") == "there is no scheduler 'pndm' (there are 'ddim', 'euler', 'dpmsolver++')")
    #expect(message("{}", steps: 0) == "steps must be between 1 and 1000, got 0")
    #expect(message("{}", steps: 1001) == "steps must be between 1 and 1000, got 1001")
    #expect(message(#"{"steps_offset": 1}"#, steps: 1000).contains("steps_offset = 1"))
    #expect(message("{}", eta: -1) == "eta must not be negative, got -1.0")
    #expect(message("{}", "euler", eta: 1) == "the euler scheduler has no eta, got 1.0")
    #expect(message(#"{"beta_end": "x"}"#) == #"scheduler_config.json: beta_end must be a number, got "x""#)
    #expect(message(#"{"beta_schedule": "sqrt"}"#).contains(#"one of "linear", "scaled_linear""#))
    #expect(message(#"{"thresholding": true}"#).contains("thresholding is not supported"))
    #expect(message(#"{"solver_order": 3}"#, "dpmsolver++").contains("solver_order must be 1 or 2"))
  }
}
