import Testing

@testable import Prompt

@Suite struct LineBufferTests {
  private func edited(_ text: String, _ keys: Key...) -> LineBuffer {
    var buffer = LineBuffer(text)
    for key in keys { buffer.apply(key) }
    return buffer
  }

  @Test func movesAndEdits() {
    #expect(edited("abc", .left, .backspace).text == "ac")
    #expect(edited("abc", .home, .delete, .end, .text("é")).text == "bcé")
    #expect(edited("one two", .control("w"), .text("x")).text == "one x")
    #expect(edited("one two", .wordLeft, .control("k")).text == "one ")
    #expect(edited("one two", .wordLeft, .control("k"), .home, .control("y")).text == "twoone ")
    #expect(edited("ab", .control("t")).text == "ba")
    #expect(edited("", .left, .backspace, .delete, .wordLeft, .control("w"), .control("t")).text == "")
  }

  @Test func movesBetweenLines() {
    var buffer = edited("long line\nab", .up)
    #expect(buffer.cursor == 2 && buffer.isOnFirstLine)
    buffer.apply(.end)
    buffer.apply(.down)
    #expect(buffer.isAtEnd)
    buffer.apply(.control("u"))
    #expect(buffer.text == "long line\n")
  }

  @Test func cursorsCountBytes() {
    #expect(edited("é👍🏽x", .left).byteCursor == 10)
    var buffer = LineBuffer("é lun")
    buffer.replace(bytesBeforeCursor: 3, with: "lunette")
    #expect(buffer.text == "é lunette")
  }

  @Test(arguments: [
    "e\u{301}", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{1F1E9}\u{1F1EA}", "\u{1F44D}\u{1F3FD}",
    "\u{1112}\u{1161}\u{11AB}",
  ])
  func whatIsTypedPieceByPieceIsOneCharacter(_ text: String) {
    var typed = LineBuffer("x")
    for scalar in text.unicodeScalars { typed.apply(.text(Character(scalar))) }
    #expect(typed.characters == Array("x" + text) && typed.isAtEnd)
    typed.apply(.backspace)
    #expect(typed.text == "x")
    // In the middle, and where what stood between two parts goes.
    var middle = LineBuffer("xz")
    middle.apply(.left)
    for scalar in text.unicodeScalars { middle.apply(.text(Character(scalar))) }
    #expect(middle.text == "x\(text)z" && middle.cursor == 2)
    var apart = LineBuffer("e-\u{301}")
    apart = LineBuffer("e")
    apart.apply(.text("-"))
    apart.apply(.paste("a\u{301}"))
    apart.apply(.left)
    apart.apply(.backspace)
    #expect(apart.text == "ea\u{301}" && apart.cursor == 1)
  }

  @Test func undoGoesBackByWordsAndCuts() {
    var buffer = edited("", .text("a"), .text("b"), .text(" "), .text("c"), .control("w"), .paste("x\ny"))
    var seen: [String] = []
    for _ in 0..<6 {
      buffer.apply(.control("_"))
      seen.append(buffer.text)
    }
    #expect(seen == ["ab ", "ab c", "ab", "", "", ""])
    #expect(edited("abc", .home, .control("k"), .control("_")).text == "abc")
  }

  private func keys(_ bytes: [UInt8]) -> [Key] {
    var rest = bytes[...]
    let reader = KeyReader { milliseconds in rest.popFirst().map(Int.init) ?? (milliseconds == nil ? -1 : nil)
    }
    var keys: [Key] = []
    while case let key = reader.next(), key != .closed { keys.append(key) }
    return keys
  }

  @Test func keysAreRead() {
    #expect(
      keys(Array("a\u{1B}[A\u{1B}OB\u{1B}[1;5C\u{1B}[3~".utf8)) == [
        .text("a"), .up, .down, .wordRight, .delete,
      ])
    #expect(keys(Array("é😀\r\t".utf8)) == [.text("é"), .text("😀"), .enter, .tab])
    #expect(keys([0x03, 0x1B]) == [.control("c"), .escape])
    #expect(keys(Array("\u{1B}[200~a\r\nb\u{1B}[201~c".utf8)) == [.paste("a\nb"), .text("c")])
    #expect(keys([0xFF, 0x1B, 0x5B]) == [.text("\u{FFFD}"), .unknown])
  }

  @Test func charactersComeHoweverLateTheirBytes() {
    // Each byte for itself, with waits in between that outlast every patience but an endless one.
    var rest = Array("é😀\u{1B}é".utf8)[...] + [0xC3, 0x41, 0xE2, 0x82]
    let reader = KeyReader { milliseconds in
      milliseconds == nil ? rest.popFirst().map(Int.init) ?? -1 : rest.popFirst().map(Int.init)
    }
    var found: [Key] = []
    while case let key = reader.next(), key != .closed { found.append(key) }
    #expect(found == [.text("é"), .text("😀"), .meta("é"), .text("\u{FFFD}"), .text("A"), .text("\u{FFFD}")])
    #expect(keys([0x1F]) == [.control("_")])
    #expect(keys(Array("\u{1B}[200~a\u{1B}[2J\tb\u{9B}c\u{7}\u{1B}[201~".utf8)) == [.paste("a[2J\tbc")])
  }

  private func drawing(_ text: String, cursor: Int? = nil, columns: Int) -> TextDrawing {
    var buffer = LineBuffer(text)
    for _ in 0..<(cursor.map { buffer.characters.count - $0 } ?? 0) { buffer.apply(.left) }
    return TextDrawing(buffer, prompt: "> ", continuation: "… ", columns: columns)
  }

  @Test func linesAreBrokenWhereTerminalsBreakThem() {
    func place(_ drawing: TextDrawing) -> [Int] {
      [drawing.cursor.row, drawing.cursor.column, drawing.lastRow]
    }
    #expect(place(drawing("abc", columns: 10)) == [0, 5, 0])
    #expect(place(drawing("abcdefgh", columns: 10)) == [1, 0, 1])  // full: the cursor waits on the next row
    #expect(place(drawing("abcdefghi", cursor: 8, columns: 10)) == [1, 0, 1])
    #expect(place(drawing("abcdefg日", columns: 10)) == [1, 2, 1])  // does not fit into the last column
    #expect(place(drawing("abcdefg日", cursor: 7, columns: 10)) == [1, 0, 1])
    #expect(place(drawing("a\nb", cursor: 1, columns: 10)) == [0, 3, 1])
    #expect(place(drawing("\tx", columns: 20)) == [0, 9, 0])
    #expect(drawing("\tx", columns: 20).text == "> " + String(repeating: " ", count: 6) + "x")
    #expect(drawing("a\u{1B}[2J\u{7}", columns: 20).text == "> a\u{241B}[2J\u{2407}")
  }

  @Test func widths() {
    #expect(TextWidth.of("\u{1F1E9}\u{1F1EA}") == 2 && TextWidth.of("\u{1F44D}\u{1F3FD}") == 2)
    #expect(
      TextWidth.of("\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}") == 2 && TextWidth.of("\u{1F600}") == 2)
    #expect(TextWidth.of("abc") == 3)
    #expect(TextWidth.of("\u{1B}[36m1\u{1B}[0m › ") == 4)
    #expect(TextWidth.of("日本e\u{301}") == 5)
  }

  @Test func historySearches() {
    var history = History(path: nil)
    for entry in ["one", "two", "two", " ", "three"] { history.add(entry) }
    #expect(history.entries == ["one", "two", "three"])
    #expect(history.search("o", before: 3) == 1 && history.search("o", before: 1) == 0)
    #expect(history.search("x", before: 3) == nil)
  }
}
