import Encoding
import Weights

/// A model's `config.json`, read key by key; a value that is missing, of the wrong kind or not supported throws an
/// error that names the file and the key. Null counts as missing.
public struct Configuration: Sendable {
  /// Names the file in errors.
  public let path: String
  public let json: JSON

  public init(_ json: JSON, path: String) throws {
    guard json.object != nil else { throw PipelineError("\(path): expected an object, got \(json.kind)") }
    self.json = json
    self.path = path
  }

  public init(file path: String) throws {
    try self.init(JSON(file: path), path: path)
  }

  /// The class that the file says it configures: `_class_name` in diffusers, `architectures` in transformers.
  public var className: String? {
    json["_class_name"]?.string ?? json["architectures"]?.array?.first?.string
  }

  /// A nested configuration; empty if the key is missing.
  public func section(_ key: String) throws -> Configuration {
    try Configuration(json[key] ?? .object(JSON.Object()), path: "\(path): \(key)")
  }

  /// With one key set to another value.
  public func setting(_ key: String, _ value: JSON) throws -> Configuration {
    var object = json.object ?? JSON.Object()
    object[key] = value
    return try Configuration(.object(object), path: path)
  }

  public func has(_ key: String) -> Bool { json[key] != nil }

  func fault(_ key: String, _ expected: String) -> PipelineError {
    PipelineError("\(path): \(key) must be \(expected), got \(json[key]?.description ?? "nothing")")
  }

  /// A whole number, at least `minimum`.
  public func int(_ key: String, default fallback: Int? = nil, minimum: Int = 1) throws -> Int {
    if let fallback, !has(key) { return fallback }
    guard let value = json[key]?.int, value >= minimum, value < 1 << 31 else {
      throw fault(key, "a whole number from \(minimum) on")
    }
    return value
  }

  public func double(_ key: String, default fallback: Double? = nil) throws -> Double {
    if let fallback, !has(key) { return fallback }
    guard let value = json[key]?.double, value.isFinite else { throw fault(key, "a number") }
    return value
  }

  public func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard has(key) else { return fallback }
    guard let value = json[key]?.bool else { throw fault(key, "true or false") }
    return value
  }

  public func string(_ key: String, default fallback: String? = nil) throws -> String {
    if let fallback, !has(key) { return fallback }
    guard let value = json[key]?.string else { throw fault(key, "a string") }
    return value
  }

  public func strings(_ key: String, default fallback: [String]) throws -> [String] {
    guard has(key) else { return fallback }
    guard let values = json[key]?.array?.map(\.string), !values.contains(nil) else {
      throw fault(key, "a list of strings")
    }
    return values.compactMap { $0 }
  }

  /// Whole numbers from 1 on; a single number stands for `count` equal ones.
  public func ints(_ key: String, default fallback: [Int]? = nil, count: Int? = nil) throws -> [Int] {
    if let fallback, !has(key) { return fallback }
    if let count, json[key]?.int != nil { return Array(repeating: try int(key), count: count) }
    guard let values = json[key]?.array?.map(\.int), count == nil || values.count == count, !values.isEmpty,
      values.allSatisfy({ (1..<1 << 31).contains($0 ?? 0) })
    else {
      throw fault(key, count.map { "a whole number or a list of \($0)" } ?? "a list of whole numbers")
    }
    return values.compactMap { $0 }
  }

  public func numbers(_ key: String, default fallback: [Float]) throws -> [Float] {
    guard has(key) else { return fallback }
    guard let values = json[key]?.array?.map(\.double), values.allSatisfy({ $0?.isFinite ?? false }) else {
      throw fault(key, "a list of numbers")
    }
    return values.compactMap { $0.map { Float($0) } }
  }

  /// Truth values; a single one stands for `count` equal ones.
  public func bools(_ key: String, default fallback: Bool, count: Int) throws -> [Bool] {
    if json[key]?.array == nil { return Array(repeating: try bool(key, default: fallback), count: count) }
    guard let values = json[key]?.array?.map(\.bool), values.count == count, !values.contains(nil) else {
      throw fault(key, "true, false or a list of \(count) of them")
    }
    return values.compactMap { $0 }
  }

  /// Settings whose other values are not supported: each must be missing or equal to what is given.
  public func require(_ settings: KeyValuePairs<String, JSON>) throws {
    for (key, only) in settings where has(key) && json[key] != only {
      throw PipelineError("\(path): \(key) = \(json[key] ?? .null) is not supported, only \(only)")
    }
  }

  /// Throws at the first setting that is not in `known`, unless it is null or a note (its name starts with `_`).
  public func rejectUnknown(known: Set<String>) throws {
    for (key, value) in zip(json.object?.keys ?? [], json.object?.values ?? [])
    where !known.contains(key) && !key.hasPrefix("_") && value != .null {
      throw PipelineError("\(path): unknown setting \(key) = \(value)")
    }
  }
}
