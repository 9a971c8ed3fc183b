import Encoding
import Models

/// Reads settings one by one.
struct PEFTFieldReader {
  let fields: JSON.Object
  let place: String

  func unsupported(_ key: String) -> PipelineError {
    PipelineError("\(place): \(key) = \((fields[key] ?? .null).description) is not supported")
  }

  private func fault(_ key: String, _ expected: String) -> PipelineError {
    PipelineError("\(place): \(key) must be \(expected), got \((fields[key] ?? .null).description)")
  }

  /// LoRA where nothing is said.
  func kind() throws -> PEFTConfig.Kind {
    guard let value = value("peft_type") else { return .lora }
    guard let kind = value.string.flatMap(PEFTConfig.Kind.init) else {
      let known = PEFTConfig.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw PipelineError("\(unsupported("peft_type").message); these are: \(known)")
    }
    return kind
  }

  /// Throws at the first setting that would change the result and is not read.
  func checkFields(of kind: PEFTConfig.Kind) throws {
    let known = PEFTConfig.fields(of: kind)
    for (key, value) in zip(fields.keys, fields.values) {
      switch known[key] {
      case .honoured, .withoutInfluence: continue
      case .only(let harmless):
        guard Self.isEmpty(value) || harmless.contains(value) else { throw unsupported(key) }
      case nil:
        guard Self.isEmpty(value) else {
          throw PipelineError(
            "\(place): \(key) = \(value.description) is a setting of PEFT that is not known here")
        }
      }
    }
  }

  private static func isEmpty(_ value: JSON) -> Bool {
    switch value {
    case .null, .bool(false): true
    case .array(let list): list.isEmpty
    case .object(let object): object.keys.isEmpty
    default: false
    }
  }

  private func value(_ key: String) -> JSON? {
    guard let value = fields[key], value != .null else { return Optional.none }
    return value
  }

  func number(_ key: String) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.double, number.isFinite, abs(number) < 1e9, key != "r" || value.int ?? 0 > 0
    else {
      throw fault(key, key == "r" ? "a whole number from 1 on" : "a number")
    }
    return number
  }

  func flag(_ key: String) throws -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.bool else { throw fault(key, "true or false") }
    return flag
  }

  func names(_ key: String) throws -> [String] {
    guard let value = value(key) else { return [] }
    if let name = value.string { return [name] }
    guard let list = value.array, list.allSatisfy({ $0.string != nil }) else {
      throw fault(key, "a list of names")
    }
    return list.compactMap(\.string)
  }

  func patterns(_ key: String) throws -> [(pattern: PEFTConfig.LayerPattern, value: Double)] {
    guard let value = value(key) else { return [] }
    guard let object = value.object else { throw fault(key, "an object") }
    return try zip(object.keys, object.values).map { text, value in
      let isRank = key == "rank_pattern"
      guard let number = value.double, number.isFinite, abs(number) < 1e9, !isRank || value.int ?? 0 > 0
      else {
        throw fault(key, isRank ? "whole numbers from 1 on by name" : "numbers by name")
      }
      return (PEFTConfig.LayerPattern(text: text, pattern: try pattern(text, of: key)), number)
    }
  }

  func selection(_ key: String) throws -> LayerSelection? {
    guard let value = value(key), !Self.isEmpty(value), value != "all-linear" else { return nil }
    if let text = value.string { return LayerSelection(kind: .pattern(try pattern(text, of: key))) }
    return LayerSelection(kind: .ends(try names(key)))
  }

  private func pattern(_ text: String, of key: String) throws -> PythonPattern {
    guard let pattern = PythonPattern(text) else {
      throw PipelineError("\(place): \(key): the regular expression '\(text)' is not supported")
    }
    return pattern
  }
}
