/// A text of one or several lines that is being edited, and the cursor in it.
struct LineBuffer: Equatable {
  private(set) var characters: [Character] = []
  /// Before which character the cursor stands.
  private(set) var cursor = 0
  /// What was cut last.
  private var cut: [Character] = []

  init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  var text: String { String(characters) }
  var isEmpty: Bool { characters.isEmpty }
  /// The cursor as an offset into UTF-8.
  var byteCursor: Int { String(characters[..<cursor]).utf8.count }

  mutating func insert(_ text: String) {
    let new = Array(text)
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  /// Replaces the `bytes` bytes before the cursor.
  mutating func replace(bytesBeforeCursor bytes: Int, with text: String) {
    var left = bytes
    while left > 0, cursor > 0 {
      left -= String(characters[cursor - 1]).utf8.count
      characters.remove(at: cursor - 1)
      cursor -= 1
    }
    insert(text)
  }

  mutating func replaceAll(_ text: String) {
    characters = Array(text)
    cursor = characters.count
  }

  mutating func apply(_ key: Key) {
    switch key {
    case .left, .control("b"): cursor = max(0, cursor - 1)
    case .right, .control("f"): cursor = min(characters.count, cursor + 1)
    case .home, .control("a"): cursor = lineStart
    case .end, .control("e"): cursor = lineEnd
    case .wordLeft, .meta("b"): cursor = wordStart
    case .wordRight, .meta("f"): cursor = wordEnd
    case .up: move(by: -1)
    case .down: move(by: 1)
    case .backspace: if cursor > 0 { remove(cursor - 1..<cursor) }
    case .delete, .control("d"): if cursor < characters.count { remove(cursor..<cursor + 1) }
    case .control("k"): kill(cursor..<(cursor == lineEnd ? min(cursor + 1, characters.count) : lineEnd))
    case .control("u"): kill(lineStart..<cursor)
    case .control("w"), .meta("\u{7F}"): kill(wordStart..<cursor)
    case .meta("d"): kill(cursor..<wordEnd)
    case .control("y"): insert(String(cut))
    case .control("t"): transpose()
    case .text(let character): insert(String(character))
    case .paste(let text): insert(text)
    default: break
    }
  }

  var isOnFirstLine: Bool { !characters[..<cursor].contains("\n") }
  var isOnLastLine: Bool { !characters[cursor...].contains("\n") }
  var isAtEnd: Bool { cursor == characters.count }

  /// The white space with which the cursor's line begins.
  var indentation: String { String(characters[lineStart..<cursor].prefix { $0 == " " || $0 == "\t" }) }

  private var lineStart: Int { characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0 }
  private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  private var wordStart: Int {
    var place = cursor
    while place > 0, !Self.isWord(characters[place - 1]) { place -= 1 }
    while place > 0, Self.isWord(characters[place - 1]) { place -= 1 }
    return place
  }

  private var wordEnd: Int {
    var place = cursor
    while place < characters.count, !Self.isWord(characters[place]) { place += 1 }
    while place < characters.count, Self.isWord(characters[place]) { place += 1 }
    return place
  }

  /// To the line above or below, in the same column where it is long enough.
  private mutating func move(by lines: Int) {
    let column = cursor - lineStart
    if lines < 0 {
      guard !isOnFirstLine else { return }
      cursor = lineStart - 1
    } else {
      guard !isOnLastLine else { return }
      cursor = lineEnd + 1
    }
    cursor = min(lineStart + column, lineEnd)
  }

  private mutating func remove(_ range: Range<Int>) {
    characters.removeSubrange(range)
    cursor = range.lowerBound
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    cut = Array(characters[range])
    remove(range)
  }

  private mutating func transpose() {
    let place = isAtEnd ? cursor - 1 : cursor
    guard place > 0 else { return }
    characters.swapAt(place - 1, place)
    cursor = place + 1
  }
}
