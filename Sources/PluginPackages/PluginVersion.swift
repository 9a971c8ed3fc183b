/// A version as LuaRocks writes and orders it: `1.0.2-1`, numbers and words between dots, and the rockspec's revision.
public struct PluginVersion: Comparable, Hashable, CustomStringConvertible, Sendable {
  public let text: String
  private let parts: [Int]
  private let revision: Int?

  /// Below every number come the words of what is not yet a release; above, those of what is ever new.
  private static let words = [
    "alpha": -4, "beta": -3, "pre": -2, "rc": -1, "cvs": 1_000_000, "scm": 1_000_001, "dev": 1_000_002,
  ]

  /// Nil where the text is not a version: letters, digits, `.`, `_` and one revision are all there can be.
  public init?(_ text: String) {
    guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
    var body = Substring(text)
    var revision: Int?
    if let dash = text.lastIndex(of: "-") {
      guard let number = Int(text[text.index(after: dash)...]), number >= 0 else { return nil }
      (body, revision) = (text[..<dash], number)
    }
    guard let first = body.utf8.first, first.isLetterOrDigit else { return nil }
    var parts: [Int] = []
    for piece in Self.pieces(body) {
      if let number = Int(piece) {
        guard number < 1_000_000 else { return nil }
        parts.append(number)
      } else {
        guard let rank = Self.words[piece] else { return nil }
        parts.append(rank)
      }
    }
    while parts.last == 0 { parts.removeLast() }
    self.text = text
    self.parts = parts
    self.revision = revision
  }

  /// Runs of digits and runs of letters: `1.0rc2` is 1, 0, rc, 2.
  private static func pieces(_ text: Substring) -> [String] {
    var pieces: [String] = []
    var isNumber = false
    var isOpen = false
    for byte in text.utf8 {
      guard byte.isLetterOrDigit else {
        if byte != UInt8(ascii: "."), byte != UInt8(ascii: "_") { pieces.append("?") }
        isOpen = false
        continue
      }
      if isOpen, isNumber == byte.isDigit {
        pieces[pieces.count - 1].unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        pieces.append(String(Unicode.Scalar(byte)).lowercased())
      }
      (isOpen, isNumber) = (true, byte.isDigit)
    }
    return pieces
  }

  public var description: String { text }

  private func compare(_ other: PluginVersion) -> Int {
    for place in 0..<max(parts.count, other.parts.count) {
      let mine = place < parts.count ? parts[place] : 0
      let theirs = place < other.parts.count ? other.parts[place] : 0
      if mine != theirs { return mine < theirs ? -1 : 1 }
    }
    guard let revision, let theirs = other.revision, revision != theirs else { return 0 }
    return revision < theirs ? -1 : 1
  }

  public static func < (a: PluginVersion, b: PluginVersion) -> Bool { a.compare(b) < 0 }
  public static func == (a: PluginVersion, b: PluginVersion) -> Bool { a.compare(b) == 0 }
  public func hash(into hasher: inout Hasher) { hasher.combine(parts) }

  /// Whether this begins with all parts of the other: what `~>` asks.
  fileprivate func extends(_ other: PluginVersion, count: Int) -> Bool {
    (0..<count).allSatisfy { place in
      (place < parts.count ? parts[place] : 0) == (place < other.parts.count ? other.parts[place] : 0)
    }
  }

  fileprivate var writtenParts: Int {
    Self.pieces(text.lastIndex(of: "-").map { text[..<$0] } ?? Substring(text)).count
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isLetterOrDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }
}

/// What a plugin needs: `daam >= 1.0, < 2`, as rockspecs write it.
public struct Dependency: Hashable, CustomStringConvertible, Sendable {
  public let name: String
  public let text: String
  private let conditions: [Condition]

  private struct Condition: Hashable, Sendable {
    let sign: String
    let version: PluginVersion
  }

  public init(_ text: String) throws {
    let text = text.trimmed
    let name = text.prefix { !" <>=~!".contains($0) }
    guard PluginName.isValid(String(name)) else {
      throw PluginError("'\(text)' is not a dependency: the name of a plugin expected, then a version")
    }
    var conditions: [Condition] = []
    for part in text[name.endIndex...].split(separator: ",", omittingEmptySubsequences: false) {
      let part = String(part).trimmed
      if part.isEmpty, conditions.isEmpty { continue }
      let sign = String(part.prefix { "<>=~!".contains($0) })
      let written = String(part.dropFirst(sign.count)).trimmed
      guard ["", "==", "=", "~=", "!=", "<", ">", "<=", ">=", "~>"].contains(sign),
        let version = PluginVersion(written)
      else { throw PluginError("'\(text)': '\(part)' is not a condition, as '>= 1.0' is one") }
      conditions.append(Condition(sign: sign, version: version))
    }
    self.name = String(name)
    self.text = text
    self.conditions = conditions
  }

  public var description: String { text }

  public func admits(_ version: PluginVersion) -> Bool {
    conditions.allSatisfy { condition in
      switch condition.sign {
      case "<": version < condition.version
      case ">": version > condition.version
      case "<=": version <= condition.version
      case ">=": version >= condition.version
      case "~=", "!=": version != condition.version
      case "~>": version.extends(condition.version, count: condition.version.writtenParts)
      default: version == condition.version
      }
    }
  }
}

/// Names of plugins, which are names of folders and of Lua modules too.
public enum PluginName {
  /// Small letters, digits, `-` and `_`, beginning with a letter.
  public static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
      name.utf8.count <= 64
    else { return false }
    return name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
  }

  /// Names that scripts already have a meaning for: a plugin of that name would stand before what is meant.
  public static func isReserved(_ name: String) -> Bool { reserved.contains(name) }

  private static let reserved: Set<String> = [
    "lunette", "lua", "arg", "bit", "bit32", "coroutine", "debug", "ffi", "io", "jit", "math", "os",
    "package", "string",
    "table", "utf8", "luarocks",
  ]
}

extension String {
  var trimmed: String {
    let blanks: Set<Character> = [" ", "\t", "\n", "\r"]
    return String(drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
  }
}
