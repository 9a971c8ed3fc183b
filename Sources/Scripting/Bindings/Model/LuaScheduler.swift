import Lua
import Sampling
import Tensor

/// A scheduler that a plugin wrote: a table with the times at which the model is called and a function that takes a step.
///
/// Its functions get tensors as the sampler has them, {pictures, C, h, w}, and count steps from 1.
struct LuaScheduler: Scheduler {
  let timesteps: [Double]
  let initialNoiseScale: Float
  let drawsNoise: Bool
  let callsPerStep: Int

  private let name: String
  private let setup: SchedulerSetup
  private let table: LuaTable
  private let stepFunction: LuaFunction
  private let scaling, mixing: LuaFunction?

  /// - Parameter make: gets the setup as a table, and returns the scheduler's.
  init(_ name: String, _ make: LuaFunction, _ setup: SchedulerSetup) throws {
    (self.name, self.setup) = (name, setup)
    let given = LuaFields([
      ("steps", setup.steps), ("eta", setup.eta), ("prediction_type", setup.predictionType),
      ("alphas_cumprod", try Tensor(setup.alphasCumprod, shape: [setup.alphasCumprod.count])),
    ])
    guard case .table(let table)? = try make.call(given).first else {
      throw ScriptingError("the scheduler '\(name)' is not a table")
    }
    self.table = table
    func field<T: LuaReadable>(_ key: String, _ type: T.Type = T.self) throws -> T {
      do { return try table.get(key) } catch let error as LuaMismatch {
        throw ScriptingError("the scheduler '\(name)': \(key): \(error)")
      }
    }
    timesteps = try field("timesteps")
    initialNoiseScale = Float(try field("initial_noise", Double?.self) ?? 1)
    drawsNoise = try field("draws_noise", Bool?.self) ?? false
    callsPerStep = try field("calls_per_step", Int?.self) ?? 1
    stepFunction = try field("step")
    scaling = try field("scale_input")
    mixing = try field("add_noise")
    try checkNumbers()
  }

  private func checkNumbers() throws {
    let last = Double(setup.alphasCumprod.count - 1)
    guard !timesteps.isEmpty, timesteps.count <= 1 << 16, timesteps.allSatisfy({ (0...last).contains($0) })
    else {
      throw ScriptingError(
        "the scheduler '\(name)': timesteps: a list of times of training from 0 to \(Int(last)) expected")
    }
    guard initialNoiseScale.isFinite, initialNoiseScale > 0 else {
      throw ScriptingError("the scheduler '\(name)': initial_noise: a positive number expected")
    }
    guard (1...16).contains(callsPerStep) else {
      throw ScriptingError("the scheduler '\(name)': calls_per_step: a number from 1 to 16 expected")
    }
  }

  func scaleInput(_ sample: Tensor, at index: Int) throws -> Tensor {
    guard let scaling else { return sample }
    return try result(of: "scale_input", scaling, [table, sample, index + 1], like: sample)[0] ?? sample
  }

  func step(
    _ prediction: Tensor, at index: Int, sample: Tensor, noise: Tensor?
  ) throws -> SchedulerStep {
    var arguments: [any LuaPushable] = [table, prediction, index + 1, sample]
    if let noise { arguments.append(noise) }
    let results = try result(of: "step", stepFunction, arguments, like: sample)
    guard let next = results[0] else { throw complaint("step", "a tensor expected, got nil") }
    if let denoised = results[1], let predicted = results[2] {
      return SchedulerStep(sample: next, denoised: denoised, noise: predicted)
    }
    let known = try setup.estimates(prediction, of: sample, timestep: timesteps[index])
    return SchedulerStep(
      sample: next, denoised: results[1] ?? known.denoised, noise: results[2] ?? known.noise)
  }

  func addNoise(_ noise: Tensor, to clean: Tensor, at index: Int) throws -> Tensor {
    let mixed = try mixing.flatMap {
      try result(of: "add_noise", $0, [table, noise, clean, index + 1], like: clean)[0]
    }
    return try mixed ?? setup.mixed(clean, with: noise, timestep: timesteps[index])
  }

  /// The first three results of a function, each a tensor of the sample's shape or nil.
  private func result(
    of key: String, _ function: LuaFunction, _ arguments: [any LuaPushable], like sample: Tensor
  ) throws -> [Tensor?] {
    let found = try function.call(with: arguments) { results in
      do { return try results.prefix(3).map { try Tensor?.read($0) } } catch let error as LuaMismatch {
        throw complaint(key, "\(error)")
      }
    }
    for tensor in found.compactMap({ $0 }) where tensor.shape != sample.shape {
      throw complaint(
        key, "a tensor \(Shape.text(sample.shape)) expected, got \(Shape.text(tensor.shape))")
    }
    return found + Array(repeating: nil, count: 3 - found.count)
  }

  private func complaint(_ key: String, _ message: String) -> ScriptingError {
    ScriptingError("the scheduler '\(name)': \(key): \(message)")
  }
}
