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

  @Test func widths() {
    #expect(Screen.width("abc") == 3)
    #expect(Screen.width("\u{1B}[36m1\u{1B}[0m › ") == 4)
    #expect(Screen.width("日本e\u{301}") == 5)
  }

  @Test func historySearches() {
    var history = History(path: nil)
    for entry in ["one", "two", "two", " ", "three"] { history.add(entry) }
    #expect(history.entries == ["one", "two", "three"])
    #expect(history.search("o", before: 3) == 1 && history.search("o", before: 1) == 0)
    #expect(history.search("x", before: 3) == nil)
  }
}
