/// Fits the text of a reference entry into so many columns.
///
/// Paragraphs and list items that are indented by less than four columns are filled anew; what is not indented, and
/// what stands deeper than its paragraph (code), stays as it is.
enum Reflow {
  static func text(_ text: String, columns: Int) -> String {
    var result: [String] = []
    var paragraph: Paragraph?
    func finish() {
      if let paragraph { result += paragraph.lines(columns: columns) }
      paragraph = nil
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indentation = line.prefix { $0 == " " }.count
      let words = line.split(separator: " ")
      if let hanging = paragraph?.hanging, hanging == indentation, words.first != "-" {
        paragraph?.words += words
        continue
      }
      finish()
      if words.isEmpty || indentation == 0 || indentation > 3 {
        result.append(String(line))
      } else {
        paragraph = Paragraph(
          indentation: indentation, hanging: words.first == "-" ? indentation + 2 : indentation, words: words)
      }
    }
    finish()
    return result.joined(separator: "\n")
  }

  private struct Paragraph {
    let indentation: Int
    /// Where all lines but the first begin.
    let hanging: Int
    var words: [Substring]

    func lines(columns: Int) -> [String] {
      var lines: [String] = []
      var line = String(repeating: " ", count: indentation)
      var hasWords = false
      for word in words {
        if hasWords, TextWidth.of(line) + 1 + TextWidth.of(word) > columns {
          lines.append(line)
          line = String(repeating: " ", count: hanging)
          hasWords = false
        }
        line += (hasWords ? " " : "") + word
        hasWords = true
      }
      return lines + [line]
    }
  }
}
