/// A text of one or several lines that is being edited, and the cursor in it.
struct LineBuffer: Equatable {
  private(set) var characters: [Character] = []
  /// Before which character the cursor stands.
  private(set) var cursor = 0
  /// What was cut last.
  private var cut: [Character] = []
  /// The states that undo goes back to, the latest last.
  private var past: [(characters: [Character], cursor: Int)] = []
  /// Whether the last key was a letter: a word is undone as a whole.
  private var isTyping = false

  static func == (a: Self, b: Self) -> Bool { a.characters == b.characters && a.cursor == b.cursor }

  init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  var text: String { String(characters) }
  var isEmpty: Bool { characters.isEmpty }
  /// What stands before the cursor.
  var head: String { String(characters[..<cursor]) }
  /// The cursor as an offset into UTF-8.
  var byteCursor: Int { head.utf8.count }

  mutating func insert(_ text: String) {
    remember()
    replace(cursor..<cursor, with: text)
  }

  /// Replaces the `bytes` bytes before the cursor.
  mutating func replace(bytesBeforeCursor bytes: Int, with text: String) {
    remember()
    var left = bytes
    var start = cursor
    while left > 0, start > 0 {
      start -= 1
      left -= String(characters[start]).utf8.count
    }
    replace(start..<cursor, with: text)
  }

  mutating func replaceAll(_ text: String) {
    remember()
    characters = Array(text)
    cursor = characters.count
  }

  /// Everything that changes the text goes through here: accents, joiners and halves of flags become one character with
  /// what stands before them, whether they are typed, pasted or left behind.
  private mutating func replace(_ range: Range<Int>, with text: String) {
    let head = String(characters[..<range.lowerBound]) + text
    characters = Array(head + String(characters[range.upperBound...]))
    var scalars = head.unicodeScalars.count
    cursor = 0
    while scalars > 0 {
      scalars -= characters[cursor].unicodeScalars.count
      cursor += 1
    }
  }

  private mutating func remember() {
    isTyping = false
    past.append((characters, cursor))
    if past.count > 1000 { past.removeFirst() }
  }

  private mutating func undo() {
    isTyping = false
    guard let state = past.popLast() else { return }
    (characters, cursor) = state
  }

  private mutating func type(_ character: Character) {
    if !isTyping || character.isWhitespace { remember() }
    isTyping = true
    replace(cursor..<cursor, with: String(character))
  }

  mutating func apply(_ key: Key) {
    if case .text = key {} else { isTyping = false }
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
    case .control("_"): undo()
    case .text(let character): type(character)
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
    guard !range.isEmpty else { return }
    remember()
    replace(range, with: "")
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    cut = Array(characters[range])
    remove(range)
  }

  private mutating func transpose() {
    let place = isAtEnd ? cursor - 1 : cursor
    guard place > 0 else { return }
    remember()
    replace(place - 1..<place + 1, with: String([characters[place], characters[place - 1]]))
  }
}
