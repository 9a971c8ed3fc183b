/// The text stopped making sense to the parser; Lua's own compiler says why.
public struct Unparsable: Error {
  /// More text could mend it.
  public let atEnd: Bool
}

/// Walks through Lua 5.4 text with its scopes, and rewrites what concerns session variables:
/// top-level `local` declarations, and every reference to a variable that one of them declares.
///
/// It accepts a little more than Lua does (operator precedence, say, is no concern of its): what it accepts
/// wrongly, Lua refuses afterwards. Line breaks are never touched.
public struct CellParser {
  /// What a name means at the top level of the cell.
  public enum Meaning: Equatable {
    case session(frame: Int, isConstant: Bool)
    /// A real local of the cell: one that `<close>` closes, or `_ENV`.
    case real
  }

  public struct Declaration {
    public let name: String
    public let frame: Int
    public let isConstant: Bool
  }

  struct Token {
    let word: String
    let kind: LuaToken.Kind
    let range: Range<Int>
  }

  /// How deep texts may be nested, as in Lua itself.
  static let depthLimit = 200

  let bytes: [UInt8]
  let tokens: [Token]
  var position = 0
  var depth = 0
  var scopes: [Set<String>] = []
  var meanings: [String: Meaning]
  var edits: [(offset: Int, removed: Int, text: String)] = []
  var nextFrame: Int
  var ownFrames: [(id: Int, names: Set<String>)] = []
  let prefix: String
  /// Frames are reached through one table: for cells that use more of them than a function can have upvalues.
  let frameTable: Bool
  var renewed: Set<Int> = []
  /// Where a backward `goto` passes again: there, each pass declares its variables anew.
  var loops: [Range<Int>] = []
  var labels: [String: Int] = [:]
  var functionDepth = 0

  public private(set) var frames: Set<Int> = []
  public private(set) var declarations: [Declaration] = []
  public var renewsFrames: Bool { !renewed.isEmpty }
  public var hasValue = false
  public var constantError: (name: String, offset: Int)?

  /// - Parameters:
  ///   - meanings: the session variables so far.
  ///   - nextFrame: the first frame number that is free for this cell's own variables.
  ///   - prefix: what the names that are written into the text begin with; see `freePrefix`.
  public init(_ bytes: [UInt8], meanings: [String: Meaning], nextFrame: Int, prefix: String, frameTable: Bool)
  {
    self.frameTable = frameTable
    self.bytes = bytes
    self.meanings = meanings
    self.nextFrame = nextFrame
    self.prefix = prefix
    tokens = Self.tokens(of: bytes)
  }

  /// A beginning of names that the text does not use.
  public static func freePrefix(in bytes: [UInt8]) -> String {
    let names = LuaLexer.tokens(of: bytes).filter { $0.kind == .name }
      .map { String(decoding: bytes[$0.range], as: UTF8.self) }
    var prefix = "_cell"
    while names.contains(where: { $0.hasPrefix(prefix) }) { prefix += "_" }
    return prefix
  }

  static func tokens(of bytes: [UInt8]) -> [Token] {
    let long: Set<String> = ["==", "~=", "<=", ">=", "//", "<<", ">>", "..", "...", "::"]
    var tokens: [Token] = []
    for token in LuaLexer.tokens(of: bytes) where token.kind != .comment {
      let isText = token.kind == .string || token.kind == .number
      let word = isText ? "" : String(decoding: bytes[token.range], as: UTF8.self)
      if token.kind == .symbol, let last = tokens.last, last.kind == .symbol,
        last.range.upperBound == token.range.lowerBound, long.contains(last.word + word)
      {
        tokens[tokens.count - 1] = Token(
          word: last.word + word, kind: .symbol, range: last.range.lowerBound..<token.range.upperBound)
      } else {
        tokens.append(Token(word: word, kind: token.kind, range: token.range))
      }
    }
    return tokens
  }

  /// Reads the whole text.
  public mutating func parse() throws {
    let fresh = self
    try block()
    guard position == tokens.count else { throw Unparsable(atEnd: false) }
    guard !loops.isEmpty else { return }
    // Now that the loops are known: once more from the start.
    let loops = loops
    self = fresh
    self.loops = loops
    try block()
  }

  /// The text with session variables in their frames: `x` has become `_cell1.x`.
  public var rewritten: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + edits.count * 8)
    var done = 0
    for edit in edits.enumerated().sorted(by: Self.isBefore).map(\.element) {
      result += bytes[done..<edit.offset]
      result += Array(edit.text.utf8)
      done = edit.offset + edit.removed
    }
    return result + bytes[done...]
  }

  typealias Edit = (offset: Int, removed: Int, text: String)

  /// At one place, what is inserted comes before what is replaced.
  static func isBefore(_ a: (offset: Int, element: Edit), _ b: (offset: Int, element: Edit)) -> Bool {
    (a.element.offset, min(a.element.removed, 1), a.offset) < (
      b.element.offset, min(b.element.removed, 1), b.offset
    )
  }

  /// The name of a frame in the rewritten text.
  public func frameName(_ id: Int) -> String {
    frameTable && !renewed.contains(id) ? "\(prefix)s[\(id)]" : "\(prefix)\(id)"
  }
  public var tableName: String { prefix + "s" }
  public var renewName: String { prefix + "new" }
  public var valueName: String { prefix + "value" }
  public var environmentName: String { prefix + "environment" }

  // MARK: Tokens

  var word: String { position < tokens.count ? tokens[position].word : "" }
  var isTop: Bool { scopes.isEmpty }

  func word(_ ahead: Int) -> String {
    position + ahead < tokens.count ? tokens[position + ahead].word : ""
  }

  var failure: Unparsable { Unparsable(atEnd: position >= tokens.count) }

  mutating func accept(_ text: String) -> Bool {
    guard word == text else { return false }
    position += 1
    return true
  }

  mutating func expect(_ text: String) throws {
    guard accept(text) else { throw failure }
  }

  mutating func name() throws -> Int {
    guard position < tokens.count else { throw failure }
    let token = tokens[position]
    let isName =
      token.kind == .name || token.kind == .constant && !["nil", "true", "false"].contains(token.word)
    guard isName else { throw failure }
    position += 1
    return position - 1
  }

  mutating func nested(_ body: (inout CellParser) throws -> Void) throws {
    depth += 1
    guard depth < Self.depthLimit else { throw Unparsable(atEnd: false) }
    try body(&self)
    depth -= 1
  }

  // MARK: Edits

  mutating func replace(_ token: Int, with text: String) {
    let range = tokens[token].range
    edits.append((range.lowerBound, range.count, text))
  }

  mutating func insert(_ text: String, at offset: Int) { edits.append((offset, 0, text)) }

  /// Notes that the name stands here for a variable.
  mutating func refer(to token: Int, assigning: Bool = false) {
    let name = tokens[token].word
    if scopes.contains(where: { $0.contains(name) }) { return }
    guard case .session(let frame, let isConstant)? = meanings[name] else { return }
    if assigning, isConstant, constantError == nil {
      constantError = (name, tokens[token].range.lowerBound)
    }
    if !renewed.contains(frame) { frames.insert(frame) }
    replace(token, with: frameName(frame) + "." + name)
  }

  /// A new session variable. The answer: its place, and what is to be written before the declaration.
  mutating func declare(_ name: String, isConstant: Bool, at offset: Int) -> (
    place: String, before: String
  ) {
    var before = ""
    let id: Int
    if loops.contains(where: { $0.contains(offset) }) {
      id = nextFrame
      nextFrame += 1
      renewed.insert(id)
      before = "local \(frameName(id))=\(renewName)(\(id));"
    } else if let index = ownFrames.firstIndex(where: { !$0.names.contains(name) }) {
      id = ownFrames[index].id
      ownFrames[index].names.insert(name)
      frames.insert(id)
    } else {
      id = nextFrame
      nextFrame += 1
      ownFrames.append((id, [name]))
      frames.insert(id)
    }
    meanings[name] = .session(frame: id, isConstant: isConstant)
    declarations.append(Declaration(name: name, frame: id, isConstant: isConstant))
    return (frameName(id) + "." + name, before)
  }
}
