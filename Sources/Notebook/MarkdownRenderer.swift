import CMarkdown
import Encoding
import LuaSyntax

/// Writes HTML for what md4c finds in a text, from its start to its end.
final class MarkdownRenderer {
  private(set) var html = ""
  private(set) var headings: [Markdown.Heading] = []
  private let images: (String) -> String?
  private let anchorPrefix: String
  /// Where the heading and the paragraph that are read began, in bytes of `html`.
  private var start = (heading: 0, paragraph: 0)
  /// The words of a heading or a picture, without markup.
  private var words = ""
  /// Text that is taken as it stands: code, formulas.
  private var verbatim: String?
  /// Pictures within pictures are words of the outer one; those before it wait.
  private var pictureDepth = 0
  private var outside = ""
  private var formula: Formula?
  /// What closes the links that are open.
  private var links: [String] = []

  /// The formula that stands at the end of `html`.
  private struct Formula {
    let tex: String
    let isBlock: Bool
    let start, end: Int
  }

  private init(_ images: @escaping (String) -> String?, _ anchorPrefix: String) {
    self.images = images
    self.anchorPrefix = anchorPrefix
  }

  /// `nil` where md4c is not installed.
  static func render(_ text: String, images: @escaping (String) -> String?, anchorPrefix: String)
    -> MarkdownRenderer?
  {
    let renderer = MarkdownRenderer(images, anchorPrefix)
    var parser = MD_PARSER()
    parser.flags = UInt32(
      MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_LATEXMATHSPANS | MD_FLAG_NOHTMLBLOCKS
        | MD_FLAG_NOHTMLSPANS)
    parser.enter_block = { type, detail, object in
      MarkdownRenderer.of(object).enter(type, detail)
      return 0
    }
    parser.leave_block = { type, detail, object in
      MarkdownRenderer.of(object).leave(type, detail)
      return 0
    }
    parser.enter_span = { type, detail, object in
      MarkdownRenderer.of(object).enter(type, detail)
      return 0
    }
    parser.leave_span = { type, detail, object in
      MarkdownRenderer.of(object).leave(type, detail)
      return 0
    }
    parser.text = { type, text, count, object in
      MarkdownRenderer.of(object).text(
        type, String(decoding: UnsafeRawBufferPointer(start: text, count: Int(count)), as: UTF8.self))
      return 0
    }
    let status = withExtendedLifetime(renderer) {
      text.withCString {
        cm_parse(
          $0, UInt32(clamping: text.utf8.count), &parser, Unmanaged.passUnretained(renderer).toOpaque())
      }
    }
    return status == 0 ? renderer : nil
  }

  private static func of(_ object: UnsafeMutableRawPointer?) -> MarkdownRenderer {
    Unmanaged<MarkdownRenderer>.fromOpaque(object!).takeUnretainedValue()
  }

  // MARK: Blocks

  private func enter(_ type: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) {
    switch type {
    case MD_BLOCK_QUOTE: html += "<blockquote>\n"
    case MD_BLOCK_UL: html += "<ul>\n"
    case MD_BLOCK_OL:
      let first = detail!.load(as: MD_BLOCK_OL_DETAIL.self).start
      html += first == 1 ? "<ol>\n" : "<ol start=\"\(first)\">\n"
    case MD_BLOCK_LI: html += "<li>"
    case MD_BLOCK_HR: html += "<hr>\n"
    case MD_BLOCK_H: (start.heading, words) = (html.utf8.count, "")
    case MD_BLOCK_CODE: verbatim = ""
    case MD_BLOCK_P:
      start.paragraph = html.utf8.count
      html += "<p>"
    case MD_BLOCK_TABLE: html += "<div class=\"scroll\"><table class=\"data\">\n"
    case MD_BLOCK_THEAD: html += "<thead>"
    case MD_BLOCK_TBODY: html += "<tbody>\n"
    case MD_BLOCK_TR: html += "<tr>"
    case MD_BLOCK_TH: html += "<th\(Self.alignment(detail))>"
    case MD_BLOCK_TD: html += "<td\(Self.alignment(detail))>"
    default: break
    }
  }

  private func leave(_ type: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) {
    switch type {
    case MD_BLOCK_QUOTE: html += "</blockquote>\n"
    case MD_BLOCK_UL: html += "</ul>\n"
    case MD_BLOCK_OL: html += "</ol>\n"
    case MD_BLOCK_LI: html += "</li>\n"
    case MD_BLOCK_H: heading(Int(detail!.load(as: MD_BLOCK_H_DETAIL.self).level))
    case MD_BLOCK_CODE: code(Self.decoded(detail!.load(as: MD_BLOCK_CODE_DETAIL.self).lang))
    case MD_BLOCK_P: paragraph()
    case MD_BLOCK_TABLE: html += "</table></div>\n"
    case MD_BLOCK_THEAD: html += "</thead>\n"
    case MD_BLOCK_TBODY: html += "</tbody>\n"
    case MD_BLOCK_TR: html += "</tr>\n"
    case MD_BLOCK_TH: html += "</th>"
    case MD_BLOCK_TD: html += "</td>"
    default: break
    }
  }

  /// A formula on lines of its own needs no paragraph around it.
  private func paragraph() {
    if let formula, formula.isBlock, formula.end == html.utf8.count,
      formula.start == start.paragraph + 3
    {
      html.removeSubrange(place(start.paragraph)..<place(formula.start))
      html += "\n"
    } else {
      html += "</p>\n"
    }
  }

  private func heading(_ level: Int) {
    let inner = String(html[place(start.heading)...])
    html.removeSubrange(place(start.heading)...)
    var anchor = anchorPrefix
    for scalar in words.lowercased().unicodeScalars {
      if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
        anchor.unicodeScalars.append(scalar)
      } else if !anchor.hasSuffix("-") {
        anchor += "-"
      }
    }
    headings.append(.init(level: level, html: inner, anchor: anchor))
    html += "<h\(level) id=\"\(escapedHTML(anchor))\">\(inner)</h\(level)>\n"
  }

  private func code(_ language: String) {
    var code = verbatim ?? ""
    verbatim = nil
    if code.hasSuffix("\n") { code.removeLast() }
    html +=
      "<pre class=\"code\"><code>\(language.lowercased() == "lua" ? LuaHighlighter.html(code) : escapedHTML(code))</code></pre>\n"
  }

  private static func alignment(_ detail: UnsafeMutableRawPointer?) -> String {
    switch detail!.load(as: MD_BLOCK_TD_DETAIL.self).align {
    case MD_ALIGN_CENTER: " style=\"text-align: center\""
    case MD_ALIGN_RIGHT: " style=\"text-align: right\""
    default: ""
    }
  }

  // MARK: Spans

  private func enter(_ type: MD_SPANTYPE, _ detail: UnsafeMutableRawPointer?) {
    if type == MD_SPAN_IMG {
      pictureDepth += 1
      if pictureDepth == 1 { (outside, words) = (words, "") }
    }
    guard pictureDepth == 0 else { return }
    switch type {
    case MD_SPAN_EM: html += "<em>"
    case MD_SPAN_STRONG: html += "<strong>"
    case MD_SPAN_DEL: html += "<del>"
    case MD_SPAN_CODE: html += "<code>"
    case MD_SPAN_A:
      let link = detail!.load(as: MD_SPAN_A_DETAIL.self)
      open(Self.decoded(link.href), title: Self.decoded(link.title))
    case MD_SPAN_LATEXMATH, MD_SPAN_LATEXMATH_DISPLAY: verbatim = ""
    default: break
    }
  }

  private func leave(_ type: MD_SPANTYPE, _ detail: UnsafeMutableRawPointer?) {
    if type == MD_SPAN_IMG {
      pictureDepth -= 1
      if pictureDepth == 0 { picture(Self.decoded(detail!.load(as: MD_SPAN_IMG_DETAIL.self).src)) }
    }
    guard pictureDepth == 0 else { return }
    switch type {
    case MD_SPAN_EM: html += "</em>"
    case MD_SPAN_STRONG: html += "</strong>"
    case MD_SPAN_DEL: html += "</del>"
    case MD_SPAN_CODE: html += "</code>"
    case MD_SPAN_A: html += links.popLast() ?? ""
    case MD_SPAN_LATEXMATH: mathematics(isBlock: false)
    case MD_SPAN_LATEXMATH_DISPLAY: mathematics(isBlock: true)
    default: break
    }
  }

  private func open(_ address: String, title: String) {
    if let safe = Self.safe(address) {
      html += "<a href=\"\(escapedHTML(safe))\"\(title.isEmpty ? "" : " title=\"\(escapedHTML(title))\"")>"
    }
    links.append(Self.safe(address) == nil ? "" : "</a>")
  }

  private func picture(_ address: String) {
    let label = words
    words = outside + label
    if let source = images(address) {
      html += "<img src=\"\(escapedHTML(source))\" alt=\"\(escapedHTML(label))\">"
    } else if let safe = Self.safe(address), links.isEmpty {
      html += "<a href=\"\(escapedHTML(safe))\">\(escapedHTML(label))</a>"
    } else {
      html += escapedHTML(label)
    }
  }

  /// Between dollars with space inside them, or a digit after them, stand prices.
  private func mathematics(isBlock: Bool) {
    guard let tex = verbatim else { return }
    verbatim = nil
    words += tex
    guard isBlock || tex.first?.isWhitespace == false && tex.last?.isWhitespace == false else {
      html += "$" + prose(tex) + "$"
      return
    }
    let start = html.utf8.count
    html += MathML.html(isBlock ? tex.trimmingSpace() : tex, isBlock: isBlock)
    formula = Formula(tex: tex, isBlock: isBlock, start: start, end: html.utf8.count)
  }

  /// What was taken for a formula, as the words that it is.
  private func prose(_ text: String) -> String {
    guard !text.isBlank else { return text }
    let before = text.prefix(while: \.isWhitespace)
    let after = String(text.reversed().prefix(while: \.isWhitespace).reversed())
    return before + Markdown.inline(text) + after
  }

  // MARK: Text

  private func text(_ type: MD_TEXTTYPE, _ text: String) {
    if verbatim != nil {
      verbatim! += text
      return
    }
    switch type {
    case MD_TEXT_NULLCHAR: append("\u{FFFD}")
    case MD_TEXT_BR: pictureDepth > 0 ? append(" ") : markup("<br>\n", " ")
    case MD_TEXT_SOFTBR: append("\n")
    case MD_TEXT_ENTITY:
      // A name that browsers know: they show what it stands for.
      if let meant = Self.meaning(of: text) { append(meant) } else { append(text, markup: text) }
    default:
      if let formula, !formula.isBlock, formula.end == html.utf8.count, text.first?.isNumber == true {
        html.replaceSubrange(place(formula.start)..., with: "$" + prose(formula.tex) + "$")
      }
      append(text)
    }
  }

  private func append(_ text: String, markup: String? = nil) {
    words += text
    if pictureDepth == 0 { html += markup ?? escapedHTML(text) }
  }

  private func markup(_ markup: String, _ text: String) {
    words += text
    html += markup
  }

  private func place(_ offset: Int) -> String.Index { html.utf8.index(html.startIndex, offsetBy: offset) }
}

// MARK: Addresses

extension MarkdownRenderer {
  /// Relative addresses and those that open a page or a letter; no `javascript:` and the like.
  fileprivate static func safe(_ address: String) -> String? {
    // Browsers pass over control characters before and within a scheme.
    guard address.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else { return nil }
    let start = address.prefix { !"/?#".contains($0) }
    let isSafe =
      start.firstIndex(of: ":").map { ["http", "https", "mailto"].contains(start[..<$0].lowercased()) }
      ?? (address.first != " ")
    return isSafe ? address.replacing(" ", with: "%20") : nil
  }

  /// The text of an attribute, with what its entities stand for.
  fileprivate static func decoded(_ attribute: MD_ATTRIBUTE) -> String {
    guard let text = attribute.text, let types = attribute.substr_types,
      let offsets = attribute.substr_offsets
    else { return "" }
    var result = ""
    var index = 0
    while offsets[index] < attribute.size {
      let bytes = UnsafeRawBufferPointer(
        start: text + Int(offsets[index]), count: Int(offsets[index + 1] - offsets[index]))
      let part = String(decoding: bytes, as: UTF8.self)
      switch types[index] {
      case MD_TEXT_ENTITY: result += meaning(of: part) ?? part
      case MD_TEXT_NULLCHAR: result += "\u{FFFD}"
      default: result += part
      }
      index += 1
    }
    return result
  }

  /// What an entity stands for: a number, or a sign of HTML's own; nil for other names.
  fileprivate static func meaning(of entity: String) -> String? {
    let name = entity.dropFirst().dropLast()
    guard name.first == "#" else {
      return ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][String(name)]
    }
    let digits = name.dropFirst()
    let isHex = digits.first == "x" || digits.first == "X"
    let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return code.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }.map(String.init) ?? "\u{FFFD}"
  }
}
