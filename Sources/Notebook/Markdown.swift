import Encoding
import LuaSyntax

/// The part of Markdown that prose cells use, as HTML: headings, paragraphs, lists, quotes, fenced code, tables,
/// rules, and the inline forms of `MarkdownInline`. Raw HTML is shown, not obeyed; mathematics stays text.
public struct Markdown {
  /// Headings met, in order: for a table of contents.
  public private(set) var headings: [(level: Int, text: String, anchor: String)] = []
  private let inline: MarkdownInline
  private let anchorPrefix: String

  /// - Parameters:
  ///   - anchorPrefix: makes heading anchors unique where several texts share a page.
  ///   - images: turns the address of an image into one to show; `nil` leaves a link.
  public init(anchorPrefix: String = "", images: @escaping (String) -> String? = { _ in nil }) {
    self.anchorPrefix = anchorPrefix
    inline = MarkdownInline(images: images)
  }

  public static func html(_ text: String) -> String {
    var markdown = Markdown()
    return markdown.html(text)
  }

  public mutating func html(_ text: String) -> String {
    blocks(text.lines().map { Self.expandingTabs($0) })
  }

  private mutating func blocks(_ lines: [String], depth: Int = 0) -> String {
    var html = ""
    var index = 0
    var paragraph: [String] = []

    func flush() {
      guard !paragraph.isEmpty else { return }
      html += "<p>" + inline.html(paragraph.joined(separator: "\n")) + "</p>\n"
      paragraph = []
    }

    while index < lines.count {
      let line = lines[index]
      let text = line.trimmingSpace()
      if text.isEmpty {
        flush()
        index += 1
      } else if let fence = Fence(line) {
        flush()
        let end = lines[(index + 1)...].firstIndex { fence.isClosed(by: $0) } ?? lines.count
        html += fence.html(Array(lines[index + 1..<end]))
        index = end + 1
      } else if let level = Self.headingLevel(text) {
        flush()
        html += heading(text, level)
        index += 1
      } else if Self.isRule(text) {
        flush()
        html += "<hr>\n"
        index += 1
      } else if text.hasPrefix(">"), depth < 16 {
        flush()
        let end = lines[index...].firstIndex { !$0.trimmingSpace().hasPrefix(">") } ?? lines.count
        let inner = lines[index..<end].map { line in
          let rest = line.trimmingSpace().dropFirst()
          return String(rest.first == " " ? rest.dropFirst() : rest)
        }
        html += "<blockquote>\n" + blocks(inner, depth: depth + 1) + "</blockquote>\n"
        index = end
      } else if text == "$$" || text.hasPrefix("$$") && !text.dropFirst(2).contains("$$") {
        flush()
        let end = lines[(index + 1)...].firstIndex { $0.contains("$$") } ?? lines.count - 1
        let formula = lines[index...end].joined(separator: "\n").replacing("$$", with: "")
        html += MathML.html(formula, isBlock: true) + "\n"
        index = end + 1
      } else if let item = ListItem(line), depth < 16, paragraph.isEmpty || item.interruptsParagraph {
        flush()
        html += list(lines, &index, item, depth)
      } else if let table = MarkdownTable(lines[index...]), paragraph.isEmpty {
        html += table.html(inline)
        index += table.lineCount
      } else {
        // Leading space means nothing here, but two spaces at the end are a line break.
        paragraph.append(String(line.drop { $0 == " " }))
        index += 1
      }
    }
    flush()
    return html
  }

  // MARK: Headings and rules

  private static func headingLevel(_ text: String) -> Int? {
    let signs = text.prefix { $0 == "#" }.count
    return (1...6).contains(signs) && text.dropFirst(signs).first.map { $0 == " " } ?? true ? signs : nil
  }

  private mutating func heading(_ line: String, _ level: Int) -> String {
    var text = line.dropFirst(level).trimmingSpace()
    while text.hasSuffix("#") { text.removeLast() }
    text = text.trimmingSpace()
    var anchor = anchorPrefix
    for scalar in text.lowercased().unicodeScalars {
      if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        anchor.unicodeScalars.append(scalar)
      } else if !anchor.hasSuffix("-") {
        anchor += "-"
      }
    }
    headings.append((level, text, anchor))
    return "<h\(level) id=\"\(escapedHTML(anchor))\">\(inline.html(text))</h\(level)>\n"
  }

  private static func isRule(_ text: String) -> Bool {
    let signs = text.filter { $0 != " " }
    guard signs.count >= 3, let first = signs.first, "-*_".contains(first) else { return false }
    return signs.allSatisfy { $0 == first }
  }

  // MARK: Lists

  private mutating func list(_ lines: [String], _ index: inout Int, _ first: ListItem, _ depth: Int) -> String
  {
    var items: [[String]] = []
    var isLoose = false
    while index < lines.count, let item = ListItem(lines[index]), item.isOrdered == first.isOrdered,
      item.indent < first.contentIndent, item.indent >= first.indent,
      !Self.isRule(lines[index].trimmingSpace())
    {
      var body = [item.text]
      index += 1
      while index < lines.count {
        let line = lines[index]
        if line.isBlank {
          guard let next = lines[index...].first(where: { !$0.isBlank }) else { break }
          guard next.indentation >= item.contentIndent || ListItem(next)?.indent == item.indent else { break }
          if next.indentation < item.contentIndent {
            isLoose = isLoose || ListItem(next)?.isOrdered == first.isOrdered
            index = lines[index...].firstIndex { !$0.isBlank } ?? lines.count
            break
          }
          isLoose = true
          body.append("")
        } else if line.indentation >= item.contentIndent {
          body.append(String(line.dropFirst(item.contentIndent)))
        } else if ListItem(line) == nil, !(body.last ?? "").isEmpty,
          Self.headingLevel(line.trimmingSpace()) == nil,
          Fence(line) == nil
        {
          body.append(line.trimmingSpace())  // a paragraph goes on without its indentation
        } else {
          break
        }
        index += 1
      }
      items.append(body)
    }
    let tag = first.isOrdered ? "ol" : "ul"
    let start = first.isOrdered && first.number != 1 ? " start=\"\(first.number)\"" : ""
    var html = "<\(tag)\(start)>\n"
    for item in items {
      var inner = blocks(item, depth: depth + 1)
      if !isLoose { inner = Self.unwrappingParagraphs(inner) }
      html += "<li>\(inner)</li>\n"
    }
    return html + "</\(tag)>\n"
  }

  /// The items of a list without blank lines show their text without paragraphs.
  private static func unwrappingParagraphs(_ html: String) -> String {
    guard html.hasPrefix("<p>") else { return html }
    let text = html.dropFirst(3)
    var position = text.startIndex
    while position < text.endIndex, !text[position...].hasPrefix("</p>\n") {
      position = text.index(after: position)
    }
    guard position < text.endIndex else { return html }
    return String(text[..<position] + text[position...].dropFirst(5))
  }

  private static func expandingTabs(_ line: Substring) -> String {
    guard line.contains("\t") else { return String(line) }
    var result = ""
    for character in line {
      guard character == "\t" else {
        result.append(character)
        continue
      }
      repeat { result.append(" ") } while result.count % 4 != 0
    }
    return result
  }
}

private struct ListItem {
  let indent: Int
  let contentIndent: Int
  let isOrdered: Bool
  let number: Int
  let text: String

  init?(_ line: String) {
    indent = line.indentation
    let rest = line.dropFirst(indent)
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let sign = rest.dropFirst(digits.count).first
    if let sign, digits.isEmpty, "-*+".contains(sign) {
      isOrdered = false
      number = 1
    } else if let sign, (1...9).contains(digits.count), ".)".contains(sign) {
      isOrdered = true
      number = Int(digits) ?? 1
    } else {
      return nil
    }
    let content = rest.dropFirst(digits.count + 1)
    let space = content.prefix { $0 == " " }.count
    guard space > 0 || content.isEmpty else { return nil }
    text = String(content.dropFirst(space))
    contentIndent = indent + digits.count + 1 + (1...4).clamp(space)
  }

  /// A number that merely begins a line of prose (`1984. A year`) opens no list.
  var interruptsParagraph: Bool { !text.isEmpty && (!isOrdered || number == 1) }
}

private struct Fence {
  let sign: Character
  let count: Int
  let indent: Int
  let language: String

  init?(_ line: String) {
    indent = line.indentation
    let rest = line.dropFirst(indent)
    guard let sign = rest.first, sign == "`" || sign == "~" else { return nil }
    self.sign = sign
    count = rest.prefix { $0 == sign }.count
    let info = rest.dropFirst(count).trimmingSpace()
    guard count >= 3, !(sign == "`" && info.contains("`")) else { return nil }
    language = info.split(separator: " ").first.map { $0.lowercased() } ?? ""
  }

  func isClosed(by line: String) -> Bool {
    let text = line.trimmingSpace()
    return text.count >= count && text.allSatisfy { $0 == sign }
  }

  func html(_ lines: [String]) -> String {
    let code = lines.map { $0.dropFirst(min(indent, $0.indentation)) }.joined(separator: "\n")
    let shown = language == "lua" ? LuaHighlighter.html(code) : escapedHTML(code)
    return "<pre class=\"code\"><code>\(shown)</code></pre>\n"
  }
}

extension String {
  fileprivate var indentation: Int { prefix { $0 == " " }.count }
}

extension ClosedRange {
  fileprivate func clamp(_ value: Bound) -> Bound { Swift.min(Swift.max(value, lowerBound), upperBound) }
}
