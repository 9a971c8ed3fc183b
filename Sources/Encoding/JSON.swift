/// A JSON value: configs, weight headers, notebooks, messages.
///
/// It keeps what the text said, the order of members and the literals of numbers, so that a notebook survives being
/// read and written. Foundation's decoder takes 57 ms for the vocabulary of CLIP, a tenth of a whole run of a small
/// model, and lets a key appear twice, which a weight header must not.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Number)
  case string(String)
  case array([JSON])
  case object(Object)

  /// A number by its literal, so that `1.0`, `1` and `1e0` survive a round trip. Equality is that of the values.
  public struct Number: Sendable, Equatable {
    public let literal: String

    /// - Parameter literal: a number as JSON writes it, or `NaN`, `Infinity`, `-Infinity`.
    init(literal: String) { self.literal = literal }

    public var double: Double { Double(literal) ?? .nan }

    /// A number that is written as an integer, or a whole one that a `Double` holds exactly.
    public var int: Int? {
      if let whole = Int(literal) { return whole }
      let value = double
      return abs(value) <= 9_007_199_254_740_992 ? Int(exactly: value) : nil
    }

    public static func == (a: Self, b: Self) -> Bool { a.literal == b.literal || a.double == b.double }
  }

  public static func number(_ value: some BinaryInteger) -> JSON { .number(Number(literal: String(value))) }

  /// The shortest literal that reads back as `value`, whole numbers without a fraction; JSON has no infinities, so
  /// those become `null`.
  public static func number(_ value: Double) -> JSON {
    guard value.isFinite else { return .null }
    if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return .number(whole) }
    return .number(Number(literal: "\(value)"))
  }

  /// The shortest literal that reads back as the same bits, and as a number with a fraction: `1.0`, `-0.0`; what is not finite as
  /// Python writes it, which only `JSONLeniency.nonFinite` reads.
  public static func exact(_ value: Double) -> JSON {
    let literal =
      value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
    return .number(Number(literal: literal))
  }
}

extension JSON {
  /// The member `key` of an object; nil for other values and for members that are null.
  public subscript(_ key: String) -> JSON? {
    guard case .object(let object) = self, let value = object[key], value != .null else { return nil }
    return value
  }

  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var double: Double? { if case .number(let value) = self { value.double } else { nil } }
  public var int: Int? { if case .number(let value) = self { value.int } else { nil } }
  public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var object: Object? { if case .object(let value) = self { value } else { nil } }

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

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = Object()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
