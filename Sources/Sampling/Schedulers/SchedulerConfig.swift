import Encoding
import Models

/// A checkpoint's `scheduler_config.json`. Each scheduler reads the keys that it knows.
public struct SchedulerConfig: Sendable {
  /// `DDIMScheduler`, or whatever the checkpoint was saved with; nil if it does not say.
  public let className: String?
  private let json: JSON
  private let file: String

  /// The class that the file itself names, whose settings it may hold.
  let savedClassName: String?

  /// - Parameters:
  ///   - file: named in error messages.
  ///   - className: of the checkpoint's index, which goes before the file's own
  public init(_ json: JSON, file: String = "scheduler_config.json", className: String? = nil) {
    self.json = json
    self.file = file
    savedClassName = json["_class_name"]?.string
    self.className = className ?? savedClassName
  }

  /// All defaults.
  public init() { self.init(.object(JSON.Object())) }

  func float(_ key: String, default value: Double) throws -> Double {
    guard let member = json[key] else { return value }
    guard let found = member.double else { throw wrong(key, "a number", member) }
    return found
  }

  public func int(_ key: String, default value: Int) throws -> Int {
    guard let member = json[key] else { return value }
    guard let found = member.int, found.magnitude < 1 << 31 else {
      throw wrong(key, "a whole number", member)
    }
    return found
  }

  public func bool(_ key: String, default value: Bool) throws -> Bool {
    guard let member = json[key] else { return value }
    guard let found = member.bool else { throw wrong(key, "true or false", member) }
    return found
  }

  func floats(_ key: String) throws -> [Double]? {
    guard let member = json[key] else { return nil }
    guard let list = member.array else { throw wrong(key, "a list of numbers", member) }
    return try list.map {
      guard let number = $0.double else { throw wrong(key, "a list of numbers", member) }
      return number
    }
  }

  public func string(_ key: String) -> String? { json[key]?.string }

  /// One of a fixed set of words.
  func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default value: Choice) throws -> Choice
  where Choice.RawValue == String {
    guard let member = json[key] else { return value }
    let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    guard let found = member.string.flatMap(Choice.init) else { throw wrong(key, "one of \(words)", member) }
    return found
  }

  /// What the model's output stands for.
  ///
  /// - Parameter knowsFlow: whether the scheduler takes models trained by flow matching, where the config asks for their levels
  func predictionType(knowsFlow: Bool = false) throws -> PredictionType {
    let type = try choice("prediction_type", default: PredictionType.epsilon)
    guard type == .flow else { return type }
    guard knowsFlow, try bool(SigmaSpacing.flow.rawValue, default: false) else {
      throw invalid(
        "prediction_type = \"flow_prediction\" goes only together with use_flow_sigmas, where a scheduler has it"
      )
    }
    return type
  }

  /// Throws if a switch is on that nothing here implements: better no picture than another one.
  func rejectSwitches(_ keys: String...) throws {
    for key in keys where try bool(key, default: false) {
      throw PipelineError("\(file): \(key) is not supported yet")
    }
  }

  /// Throws if a setting has any value.
  func reject(_ keys: String...) throws {
    for key in keys {
      if let value = json[key] { throw invalid("\(key) = \(value) is not supported") }
    }
  }

  /// Throws for an `eta` that a scheduler does not know.
  func rejectEta(_ eta: Double, _ name: String) throws {
    guard eta == 0 else { throw PipelineError("the \(name) scheduler has no \(.eta), got \(eta)") }
  }

  /// The bound of predicted clean samples; nil if `clip_sample` is off.
  func clipRange(default isOn: Bool) throws -> Float? {
    guard try bool("clip_sample", default: isOn) else { return nil }
    return Float(try float("clip_sample_range", default: 1))
  }

  // MARK: Changed settings

  /// With some settings replaced.
  public func overriding(_ settings: JSON.Object) -> SchedulerConfig {
    var object = json.object ?? JSON.Object()
    for (key, value) in zip(settings.keys, settings.values) { object[key] = value }
    return SchedulerConfig(.object(object), file: file, className: className)
  }

  /// All settings, in the order of the file.
  var members: [(String, JSON)] { Array(zip(json.object?.keys ?? [], json.object?.values ?? [])) }

  /// Without some settings.
  func dropping(_ keys: Set<String>) -> SchedulerConfig {
    var object = JSON.Object()
    for (key, value) in members where !keys.contains(key) { object[key] = value }
    return SchedulerConfig(.object(object), file: file, className: className)
  }

  /// With a scheduler's own defaults where nothing is set.
  func withDefaults(
    _ numbers: [(key: String, value: Double)], betas: NoiseSchedule.BetaSchedule? = nil
  ) -> SchedulerConfig {
    var missing = JSON.Object()
    for (key, value) in numbers where json[key] == nil { missing[key] = .number(value) }
    if let betas, json["beta_schedule"] == nil { missing["beta_schedule"] = .string(betas.rawValue) }
    return overriding(missing)
  }

  public func invalid(_ message: String) -> PipelineError { PipelineError("\(file): \(message)") }

  private func wrong(_ key: String, _ expected: String, _ found: JSON) -> PipelineError {
    PipelineError("\(file): \(key) must be \(expected), got \(found)")
  }
}
