extension JSON {
  /// Members in the order of the text, each key once. Equality ignores that order.
  public struct Object: Sendable {
    public private(set) var keys: [String] = []
    public private(set) var values: [JSON] = []
    private var positions: [String: Int] = [:]

    public init() {}

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }
    public var members: Zip2Sequence<[String], [JSON]> { zip(keys, values) }

    /// Setting `nil` removes the member; a new key goes last.
    public subscript(_ key: String) -> JSON? {
      get { positions[key].map { values[$0] } }
      set {
        guard let newValue else { return remove(key) }
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
      if let position = positions.updateValue(keys.count, forKey: key) {
        positions[key] = position
        return false
      }
      keys.append(key)
      values.append(value)
      return true
    }

    private mutating func remove(_ key: String) {
      guard let position = positions.removeValue(forKey: key) else { return }
      keys.remove(at: position)
      values.remove(at: position)
      for later in position..<keys.count { positions[keys[later]] = later }
    }

    /// The members with these keys.
    public func only(_ wanted: [String]) -> Object {
      var object = Object()
      for (key, value) in members where wanted.contains(key) { object[key] = value }
      return object
    }
  }
}

extension JSON.Object: Equatable {
  public static func == (a: Self, b: Self) -> Bool {
    a.count == b.count && a.members.allSatisfy { b[$0.0] == $0.1 }
  }
}

extension JSON.Object: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }
}
