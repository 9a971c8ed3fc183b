/// How a text of several lines lies on a terminal: what is sent to it, and where the cursor comes to stand.
struct TextDrawing {
  let columns: Int
  private(set) var text = ""
  /// From 0, both.
  private(set) var cursor = (row: 0, column: 0)
  private(set) var lastRow = 0
  private var column = 0

  init(_ buffer: LineBuffer, prompt: String, continuation: String, columns: Int) {
    self.columns = max(1, columns)
    append(prompt, width: TextWidth.of(prompt))
    for (index, character) in buffer.characters.enumerated() {
      if index == buffer.cursor { markCursor(before: character) }
      if character == "\n" {
        text += "\r\n"
        (lastRow, column) = (lastRow + 1, 0)
        append(continuation, width: TextWidth.of(continuation))
      } else {
        append(character)
      }
    }
    if column == self.columns {  // the terminal's cursor waits at the margin
      text += "\r\n"
      (lastRow, column) = (lastRow + 1, 0)
    }
    if buffer.isAtEnd { cursor = (lastRow, column) }
  }

  private mutating func markCursor(before character: Character) {
    let isWrapped = column == columns || character != "\n" && column + width(of: character) > columns
    cursor = isWrapped ? (lastRow + 1, 0) : (lastRow, column)
  }

  private func width(of character: Character) -> Int {
    character == "\t" ? 8 - column % 8 : TextWidth.of(character)
  }

  /// Tabs as blanks, so that all terminals agree on where they end.
  private mutating func append(_ character: Character) {
    let width = width(of: character)
    append(
      character == "\t" ? String(repeating: " ", count: width) : TextWidth.shown(character), width: width)
  }

  private mutating func append(_ piece: String, width: Int) {
    // What does not fit goes to the next row as a whole; a prompt is wider than a row only on tiny terminals.
    if column + width > columns {
      (lastRow, column) = (lastRow + 1, 0)
    }
    text += piece
    lastRow += max(0, width - 1) / columns
    column = width <= columns ? column + width : (width - 1) % columns + 1
  }
}
