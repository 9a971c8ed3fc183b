/// One page of the Lua reference: Markdown in which each `### ` heading of code spans is an entry.
///
/// ```
/// ### `linalg.qr(x)`
///
/// What it does.
///
/// - `x`: a matrix {m, n}
/// - gives `Q` {m, k} and `R` {k, n}
///
/// ```lua
/// local q, r = linalg.qr(t{ {3, 0}, {4, 5} })
/// r:size() --> { 2, 2 }
/// ```
/// ```
public struct DocumentationPage: Sendable {
  /// The name of the file, without its ending.
  public let name: String
  /// What stands before the first entry.
  public let introduction: String
  public let entries: [DocumentationEntry]

  public init(name: String, markdown: String) {
    self.name = name
    var introduction: [Substring] = []
    var entries: [DocumentationEntry] = []
    var heading: [String] = []
    var body: [(line: Int, text: Substring)] = []
    func finish() {
      if !heading.isEmpty { entries.append(DocumentationEntry(heading, body)) }
      (heading, body) = ([], [])
    }
    for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("### ") {
        finish()
        heading = Self.codeSpans(line)
      } else if line.hasPrefix("## ") || line.hasPrefix("# ") {
        finish()
      } else if !heading.isEmpty {
        body.append((index + 1, line))
      }
      if entries.isEmpty, heading.isEmpty { introduction.append(line) }
    }
    finish()
    self.introduction = introduction.joined(separator: "\n")
    self.entries = entries
  }

  /// A page under another name, with nothing in it that a terminal would obey.
  init(name: String, _ page: DocumentationPage) {
    self.name = name
    introduction = Self.plain(page.introduction)
    entries = page.entries.map(\.plain)
  }

  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0 == "\n" || $0.properties.generalCategory != .control }))
  }

  private static func codeSpans(_ line: Substring) -> [String] {
    line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}

extension DocumentationEntry {
  fileprivate var plain: DocumentationEntry {
    DocumentationEntry(
      signatures: signatures.map(DocumentationPage.plain), text: DocumentationPage.plain(text),
      example: example.map(DocumentationPage.plain), exampleLine: exampleLine)
  }

  /// - Parameter body: the lines under the heading, with their numbers; the last block of Lua is the example.
  init(_ signatures: [String], _ body: [(line: Int, text: Substring)]) {
    self.signatures = signatures
    let start = body.lastIndex { $0.text == "```lua" }
    let end = start.flatMap { start in body[start...].firstIndex { $0.text == "```" } }
    if let start, let end {
      example = body[start + 1..<end].map(\.text).joined(separator: "\n")
      exampleLine = body[start].line + 1
    } else {
      (example, exampleLine) = (nil, 0)
    }
    text = Self.trimmed(body[..<(start ?? body.endIndex)].map(\.text))
  }

  private static func trimmed(_ lines: [Substring]) -> String {
    let first = lines.firstIndex { !$0.isEmpty } ?? lines.endIndex
    let last = lines.lastIndex { !$0.isEmpty } ?? lines.startIndex - 1
    return first <= last ? lines[first...last].joined(separator: "\n") : ""
  }
}
