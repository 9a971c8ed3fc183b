/// A JSON value that keeps what a notebook file says: the order of members and the literal text of numbers.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// The literal as written, so that `1.0`, `1` and `1e0` survive a round trip.
  case number(String)
  case string(String)
  case array([JSON])
  case object(Object)

  /// Members in the order in which they were written. Equality ignores that order.
  public struct Object: Sendable {
    public private(set) var members: [(key: String, value: JSON)] = []

    public init() {}

    /// For members whose keys are known to differ, as the parser's are.
    init(uniqueMembers: [(key: String, value: JSON)]) { members = uniqueMembers }

    public var isEmpty: Bool { members.isEmpty }
    public var keys: [String] { members.map(\.key) }

    /// Setting `nil` removes the member; a new key goes last.
    public subscript(key: String) -> JSON? {
      get { members.first { $0.key == key }?.value }
      set {
        let index = members.firstIndex { $0.key == key }
        switch (index, newValue) {
        case (let index?, let value?): members[index].value = value
        case (let index?, nil): members.remove(at: index)
        case (nil, let value?): members.append((key, value))
        case (nil, nil): break
        }
      }
    }
  }

  public static func number(_ value: Int) -> JSON { .number(String(value)) }

  /// The shortest literal that reads back as `value`; JSON has no infinities, so those become `null`.
  public static func number(_ value: Double) -> JSON {
    guard value.isFinite else { return .null }
    if let whole = Int(exactly: value), abs(value) < 1e15 { return .number(String(whole)) }
    return .number("\(value)")
  }
}

extension JSON.Object: Equatable {
  public static func == (a: Self, b: Self) -> Bool {
    a.members.count == b.members.count && a.members.allSatisfy { b[$0.key] == $0.value }
  }
}

extension JSON {
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: Object? { if case .object(let value) = self { value } else { nil } }
  public var doubleValue: Double? { if case .number(let literal) = self { Double(literal) } else { nil } }
  public var intValue: Int? {
    guard case .number(let literal) = self else { return nil }
    return Int(literal) ?? Double(literal).flatMap { Int(exactly: $0) }
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

extension JSON.Object: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }
}
