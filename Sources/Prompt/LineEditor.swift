import Glibc

/// Reads what somebody types at a terminal: editing, history, completion, and as many lines as the language needs.
final class LineEditor {
  enum Entry: Equatable {
    case text(String)
    /// Ctrl-C: what was typed is dropped.
    case interrupted
    /// Ctrl-D on an empty line, or no more input.
    case closed
  }

  /// What may stand in place of the bytes in `range`.
  struct Completion {
    let range: Range<Int>
    let candidates: [String]

    init(range: Range<Int>, candidates: [String]) {
      self.range = range
      self.candidates = candidates
    }
  }

  /// Whether more lines have to come before the text can be used.
  var isIncomplete: (String) -> Bool = { _ in false }
  /// What may complete a text at an offset into its UTF-8.
  var complete: (String, Int) -> Completion = { _, cursor in
    Completion(range: cursor..<cursor, candidates: [])
  }

  private let screen = Screen()
  private var history: History
  private var buffer = LineBuffer()
  private var prompt = "", continuation = ""
  /// The entry of the history that is shown, and what was typed before it was looked for.
  private var place = 0
  private var draft = LineBuffer()

  /// - Parameter keepsHistory: whether entries go into the user's history file.
  init(keepsHistory: Bool = true) {
    history = History(path: keepsHistory ? History.defaultPath : nil)
  }

  func read(prompt: String, continuation: String) -> Entry {
    (self.prompt, self.continuation) = (prompt, continuation)
    buffer = LineBuffer()
    (place, draft) = (history.entries.count, LineBuffer())
    screen.enterRaw()
    screen.onResize = { [unowned self] in draw() }
    defer { screen.leaveRaw() }
    draw()
    let keys = KeyReader(nextByte: screen.nextByte)
    while true {
      if let entry = handle(keys.next(), keys) { return entry }
      draw()
    }
  }

  private func draw() { screen.draw(buffer, prompt: prompt, continuation: continuation) }

  private func finish(_ entry: Entry) -> Entry {
    screen.finishDrawing(buffer, prompt: prompt, continuation: continuation)
    if case .text(let text) = entry { history.add(text) }
    return entry
  }

  private func handle(_ key: Key, _ keys: KeyReader) -> Entry? {
    switch key {
    case .closed: return finish(.closed)
    case .control("c"): return finish(.interrupted)
    case .control("d") where buffer.isEmpty: return finish(.closed)
    case .enter: return enter()
    case .newline: buffer.insert("\n" + buffer.indentation)
    case .tab: completeAtCursor()
    case .control("r"): return search(keys)
    case .control("l"): screen.write("\u{1B}[H\u{1B}[2J")
    case .up where buffer.isOnFirstLine: recallEarlier()
    case .down where buffer.isOnLastLine: recallLater()
    case .control("p"): recallEarlier()
    case .control("n"): recallLater()
    default: buffer.apply(key)
    }
    return nil
  }

  private func enter() -> Entry? {
    if isIncomplete(buffer.text) {
      if buffer.isAtEnd || buffer.text.contains("\n") {
        buffer.insert("\n" + buffer.indentation)
        return nil
      }
    }
    return finish(.text(buffer.text))
  }

  /// The entry before that begins with what was typed up to the cursor.
  private func recallEarlier() {
    // What was changed since is looked for anew.
    if place == history.entries.count || buffer.text != history.entries[place] {
      (draft, place) = (buffer, history.entries.count)
    }
    let found = history.entries[..<place].lastIndex { $0.hasPrefix(draft.head) && $0 != buffer.text }
    guard let found else { return screen.write("\u{7}") }
    place = found
    buffer.replaceAll(history.entries[found])
  }

  private func recallLater() {
    guard place < history.entries.count else { return screen.write("\u{7}") }
    let later = history.entries[(place + 1)...]
    place = later.firstIndex { $0.hasPrefix(draft.head) && $0 != buffer.text } ?? history.entries.count
    if place < history.entries.count { buffer.replaceAll(history.entries[place]) } else { buffer = draft }
  }

  // MARK: Completion

  private func completeAtCursor() {
    // At the start of a line, a tab is indentation.
    let line = buffer.characters[..<buffer.cursor].reversed().prefix { $0 != "\n" }
    if !buffer.isOnFirstLine, line.allSatisfy({ $0 == " " }) { return buffer.insert("  ") }
    let completion = complete(buffer.text, buffer.byteCursor)
    guard let first = completion.candidates.first else { return screen.write("\u{7}") }
    let typed = completion.range.count
    let common = completion.candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    if common.utf8.count > typed {
      buffer.replace(bytesBeforeCursor: typed, with: common)
    } else if completion.candidates.count > 1 {
      show(completion.candidates)
    }
  }

  /// Lists the candidates below the text, in columns.
  private func show(_ candidates: [String]) {
    screen.finishDrawing(buffer, prompt: prompt, continuation: continuation)
    let shown = candidates.prefix(200).map { $0.hasSuffix(" = ") ? String($0.dropLast(3)) : $0 }
    let width = shown.reduce(0) { max($0, TextWidth.of($1)) } + 2
    let columns = max(1, screen.columns / width)
    let rows = (shown.count + columns - 1) / columns
    var text = ""
    for row in 0..<rows {
      for column in 0..<columns where column * rows + row < shown.count {
        let name = shown[column * rows + row]
        text += name + String(repeating: " ", count: width - TextWidth.of(name))
      }
      while text.last == " " { text.removeLast() }
      text += "\r\n"
    }
    if candidates.count > shown.count { text += "… \(candidates.count - shown.count) more\r\n" }
    screen.write(text)
  }

  // MARK: Search

  /// Ctrl-R: the latest entry that contains what is typed; Ctrl-R again goes further back.
  private func search(_ keys: KeyReader) -> Entry? {
    let before = buffer
    var wanted = ""
    var found = history.entries.count
    while true {
      let label = "(search '\(wanted)') "
      screen.draw(buffer, prompt: label, continuation: continuation)
      let key = keys.next()
      switch key {
      case .text(let character):
        wanted.append(character)
        found = history.search(wanted, before: history.entries.count) ?? found
      case .backspace:
        if !wanted.isEmpty { wanted.removeLast() }
        found = history.search(wanted, before: history.entries.count) ?? found
      case .control("r"):
        found = history.search(wanted, before: found) ?? found
      case .control("g"), .control("c"), .escape:
        buffer = before
        return nil
      default:
        (place, draft) = (found, LineBuffer())
        return handle(key, keys)
      }
      if history.entries.indices.contains(found), !wanted.isEmpty {
        buffer.replaceAll(history.entries[found])
      }
    }
  }
}

extension String {
  fileprivate func commonPrefix(with other: String) -> String {
    String(zip(self, other).prefix { $0 == $1 }.map(\.0))
  }
}
