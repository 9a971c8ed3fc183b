/// A JSON value, as configs, tokenizers and weight headers need it: objects keep the order of their keys.
///
/// Foundation's decoder takes 57 ms for the vocabulary of CLIP, a tenth of a whole run of a small model; it also
/// lets a key appear twice, which a weight header must not.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object(Object)

  /// Members in the order of the text, each key once.
  public struct Object: Sendable, Equatable {
    public private(set) var keys: [String] = []
    public private(set) var values: [JSON] = []
    private var positions: [String: Int] = [:]

    public init() {}

    public var count: Int { keys.count }

    public subscript(_ key: String) -> JSON? {
      get { positions[key].map { values[$0] } }
      set {
        guard let newValue else { return }
        if let position = positions[key] {
          values[position] = newValue
        } else {
          append(key, newValue)
        }
      }
    }

    /// Adds a member; false (and no change) when the key is there already.
    @discardableResult
    mutating func append(_ key: String, _ value: JSON) -> Bool {
      guard positions.updateValue(keys.count, forKey: key) == nil else { return false }
      keys.append(key)
      values.append(value)
      return true
    }
  }

  /// Parses UTF-8 text that holds exactly one value; throws `JSONError` with the byte position of the fault.
  ///
  /// - Parameter allowsNonFinite: whether `NaN`, `Infinity` and `-Infinity` are numbers, as Python writes them
  public init(parsing bytes: UnsafeRawBufferPointer, allowsNonFinite: Bool = false) throws {
    var parser = JSONParser(bytes, allowsNonFinite: allowsNonFinite)
    self = try parser.parseDocument()
  }

  public init(parsing text: String, allowsNonFinite: Bool = false) throws {
    var text = text
    self = try text.withUTF8 {
      try JSON(parsing: UnsafeRawBufferPointer($0), allowsNonFinite: allowsNonFinite)
    }
  }

  /// Reads and parses a file that Python may have written; the error names the file.
  public init(file path: String) throws {
    let file = try MappedFile(path: path)
    do {
      self = try JSON(parsing: file.bytes, allowsNonFinite: true)
    } catch let error as JSONError {
      throw NeuralError("\(path): not valid JSON: \(error.message) at byte \(error.position)")
    }
  }

  /// The member `key` of an object; nil for other values and for members that are null.
  public subscript(_ key: String) -> JSON? {
    guard case .object(let object) = self, let value = object[key], value != .null else { return nil }
    return value
  }

  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var double: Double? { if case .number(let value) = self { value } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var object: Object? { if case .object(let value) = self { value } else { nil } }

  /// A whole number that a `Double` holds exactly.
  public var int: Int? {
    guard case .number(let value) = self, value == value.rounded(), abs(value) <= 9_007_199_254_740_992 else {
      return nil
    }
    return Int(value)
  }

  /// What kind of value this is, for error messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A fault in JSON text and the byte at which it was found.
public struct JSONError: Error, Sendable, CustomStringConvertible {
  public let message: String
  public let position: Int
  public var description: String { "\(message) at byte \(position)" }
}

extension JSON: CustomStringConvertible {
  /// The value as compact JSON text; whole numbers without a fraction.
  public var description: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += int.map(String.init) ?? JSON.text(of: value)
    case .string(let value): JSON.write(value, to: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .object(let object):
      text += "{"
      for index in 0..<object.count {
        if index > 0 { text += "," }
        JSON.write(object.keys[index], to: &text)
        text += ":"
        object.values[index].write(to: &text)
      }
      text += "}"
    }
  }

  private static func text(of number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    return "\(number)"
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
