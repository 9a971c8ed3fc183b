import Glibc

/// Reads what somebody types at a terminal: editing, history, completion, and as many lines as the language needs.
public final class LineEditor {
  public enum Entry: Equatable {
    case text(String)
    /// Ctrl-C: what was typed is dropped.
    case interrupted
    /// Ctrl-D on an empty line, or no more input.
    case closed
  }

  /// What may stand in place of the bytes in `range`.
  public struct Completion {
    public let range: Range<Int>
    public let candidates: [String]

    public init(range: Range<Int>, candidates: [String]) {
      self.range = range
      self.candidates = candidates
    }
  }

  /// Whether more lines have to come before the text can be used.
  public var isIncomplete: (String) -> Bool = { _ in false }
  /// What may complete a text at an offset into its UTF-8.
  public var complete: (String, Int) -> Completion = { _, cursor in
    Completion(range: cursor..<cursor, candidates: [])
  }

  private let screen = Screen()
  private var history: History
  private var buffer = LineBuffer()
  private var prompt = "", continuation = ""
  /// The entry of the history that is shown, and what was typed before it was looked for.
  private var place = 0
  private var draft = ""

  /// - Parameter keepsHistory: whether entries go into the user's history file.
  public init(keepsHistory: Bool = true) {
    history = History(path: keepsHistory ? History.defaultPath : nil)
  }

  public func read(prompt: String, continuation: String) -> Entry {
    (self.prompt, self.continuation) = (prompt, continuation)
    buffer = LineBuffer()
    (place, draft) = (history.entries.count, "")
    screen.enterRaw()
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
    case .up where buffer.isOnFirstLine: recall(place - 1)
    case .down where buffer.isOnLastLine: recall(place + 1)
    case .control("p"): recall(place - 1)
    case .control("n"): recall(place + 1)
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

  private func recall(_ index: Int) {
    guard (0...history.entries.count).contains(index) else { return }
    if place == history.entries.count { draft = buffer.text }
    place = index
    buffer.replaceAll(index == history.entries.count ? draft : history.entries[index])
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
    let width = shown.reduce(0) { max($0, Screen.width($1)) } + 2
    let columns = max(1, screen.columns / width)
    let rows = (shown.count + columns - 1) / columns
    var text = ""
    for row in 0..<rows {
      for column in 0..<columns where column * rows + row < shown.count {
        let name = shown[column * rows + row]
        text += name + String(repeating: " ", count: width - Screen.width(name))
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
        place = found
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
