import Encoding

/// What Markdown means inside a line: `code`, *emphasis*, **strength**, ~~deletion~~, links, images, `$mathematics$`
/// (left as text), backslash escapes and hard line breaks. Emphasis follows CommonMark's delimiter runs (§6.2).
struct MarkdownInline {
  let images: (String) -> String?

  func html(_ text: String) -> String {
    var parser = Parser(characters: Array(text), inline: self)
    return parser.html()
  }

  private enum Piece {
    case html(String)
    case run(Run)
  }

  private struct Run {
    let sign: Character
    var count: Int
    let canOpen: Bool
    let canClose: Bool
    /// Tags that this run came to stand for: closers go before what is left of it, openers after.
    var closing = ""
    var opening = ""
  }

  private struct Parser {
    let characters: [Character]
    let inline: MarkdownInline
    var position = 0
    var pieces: [Piece] = []

    init(characters: [Character], inline: MarkdownInline) {
      self.characters = characters
      self.inline = inline
    }

    mutating func html() -> String {
      while let character = peek() {
        switch character {
        case "\\": escape()
        case "`": code()
        case "$": mathematics()
        case "*", "_", "~": delimiters(character)
        case "!" where peek(1) == "[": link(isImage: true)
        case "[": link(isImage: false)
        case "<": address()
        case "\n": lineBreak()
        default: literal(1)
        }
      }
      emphasise()
      return pieces.map { piece in
        switch piece {
        case .html(let html): html
        case .run(let run): run.closing + String(repeating: run.sign, count: run.count) + run.opening
        }
      }.joined()
    }

    private func peek(_ ahead: Int = 0) -> Character? {
      position + ahead < characters.count ? characters[position + ahead] : nil
    }

    private mutating func literal(_ count: Int) {
      append(escapedHTML(String(characters[position..<position + count])))
      position += count
    }

    private mutating func append(_ html: String) {
      if case .html(let before)? = pieces.last {
        pieces[pieces.count - 1] = .html(before + html)
      } else {
        pieces.append(.html(html))
      }
    }

    private mutating func escape() {
      guard let next = peek(1) else { return literal(1) }
      if next == "\n" {
        append("<br>\n")
        position += 2
      } else if next.isASCII, next.isPunctuation || next.isSymbol {
        position += 1
        literal(1)
      } else {
        literal(1)
      }
    }

    private mutating func lineBreak() {
      if case .html(let before)? = pieces.last, before.hasSuffix("  ") {
        pieces[pieces.count - 1] = .html(before.trimmingTrailingSpaces() + "<br>\n")
      } else {
        append("\n")
      }
      position += 1
    }

    private mutating func code() {
      let count = run(of: "`", at: position)
      var end = position + count
      while end < characters.count {
        guard characters[end] == "`" else {
          end += 1
          continue
        }
        let closing = run(of: "`", at: end)
        if closing == count {
          var text = String(characters[position + count..<end].map { $0 == "\n" ? " " : $0 })
          if text.hasPrefix(" "), text.hasSuffix(" "), !text.isBlank {
            text = String(text.dropFirst().dropLast())
          }
          append("<code>\(escapedHTML(text))</code>")
          position = end + count
          return
        }
        end += closing
      }
      literal(count)
    }

    /// `$…$` with no space inside the signs, so that prices stay prices.
    private mutating func mathematics() {
      let count = min(2, run(of: "$", at: position))
      let start = position + count
      guard start < characters.count, !characters[start].isWhitespace else { return literal(count) }
      var end = start + 1
      while end < characters.count {
        if characters[end] == "$", characters[end - 1] != "\\", !characters[end - 1].isWhitespace,
          run(of: "$", at: end) >= count, end + count >= characters.count || !characters[end + count].isNumber
        {
          append(MathML.html(String(characters[position + count..<end]), isBlock: count == 2))
          position = end + count
          return
        }
        end += 1
      }
      literal(count)
    }

    private func run(of sign: Character, at start: Int) -> Int {
      characters[start...].prefix { $0 == sign }.count
    }

    // MARK: Links

    private mutating func link(isImage: Bool) {
      let open = position + (isImage ? 1 : 0)
      guard let close = closingBracket(from: open), close + 1 < characters.count,
        characters[close + 1] == "(",
        let (address, title, end) = target(from: close + 2)
      else { return literal(isImage ? 2 : 1) }
      let label = String(characters[open + 1..<close])
      position = end
      if isImage, let source = inline.images(address) {
        append("<img src=\"\(escapedHTML(source))\" alt=\"\(escapedHTML(label))\">")
      } else if let safe = Self.safe(address) {
        let title = title.isEmpty ? "" : " title=\"\(escapedHTML(title))\""
        append("<a href=\"\(escapedHTML(safe))\"\(title)>\(inline.html(label))</a>")
      } else {
        append(inline.html(label))
      }
    }

    private func closingBracket(from open: Int) -> Int? {
      var depth = 0
      var index = open
      while index < characters.count {
        switch characters[index] {
        case "\\": index += 1
        case "[": depth += 1
        case "]":
          depth -= 1
          if depth == 0 { return index }
        default: break
        }
        index += 1
      }
      return nil
    }

    /// `address "title")` and the position after the parenthesis.
    private func target(from start: Int) -> (address: String, title: String, end: Int)? {
      var depth = 0
      var index = start
      while index < characters.count {
        switch characters[index] {
        case "(": depth += 1
        case ")" where depth > 0: depth -= 1
        case ")":
          let inside = String(characters[start..<index]).trimmingSpace()
          let parts = inside.split(separator: " ", maxSplits: 1)
          var address = parts.first.map(String.init) ?? ""
          if address.hasPrefix("<"), address.hasSuffix(">") {
            address = String(address.dropFirst().dropLast())
          }
          return (address, parts.count > 1 ? parts[1].trimmingSpace().trimmingQuotes() : "", index + 1)
        case "\n" where index > start && characters[index - 1] == "\n": return nil
        default: break
        }
        index += 1
      }
      return nil
    }

    private mutating func address() {
      guard let end = characters[position...].firstIndex(of: ">") else { return literal(1) }
      let text = String(characters[position + 1..<end])
      guard ["http://", "https://", "mailto:"].contains(where: text.hasPrefix),
        !text.contains(where: { $0.isWhitespace || $0 == "<" })
      else { return literal(1) }
      let shown = text.hasPrefix("mailto:") ? String(text.dropFirst(7)) : text
      append("<a href=\"\(escapedHTML(text))\">\(escapedHTML(shown))</a>")
      position = end + 1
    }

    /// Relative addresses and those that open a page or a letter; no `javascript:` and the like.
    private static func safe(_ address: String) -> String? {
      let scheme = address.prefix { $0.isLetter || $0.isNumber || "+-.".contains($0) }
      guard address.dropFirst(scheme.count).first == ":" else {
        return address.contains(where: \.isWhitespace) ? nil : address
      }
      return ["http", "https", "mailto"].contains(scheme.lowercased()) ? address : nil
    }

    // MARK: Emphasis

    private mutating func delimiters(_ sign: Character) {
      let count = run(of: sign, at: position)
      let before = position > 0 ? characters[position - 1] : " "
      let after = position + count < characters.count ? characters[position + count] : " "
      let leftFlanking =
        !after.isWhitespace && (!after.isMark || before.isWhitespace || before.isMark)
      let rightFlanking =
        !before.isWhitespace && (!before.isMark || after.isWhitespace || after.isMark)
      var canOpen = leftFlanking
      var canClose = rightFlanking
      if sign == "_" {  // not inside words
        canOpen = leftFlanking && (!rightFlanking || before.isMark)
        canClose = rightFlanking && (!leftFlanking || after.isMark)
      }
      if sign == "~", count != 2 { return literal(count) }
      pieces.append(.run(Run(sign: sign, count: count, canOpen: canOpen, canClose: canClose)))
      position += count
    }

    private mutating func emphasise() {
      var closer = 0
      while closer < pieces.count {
        guard case .run(var close) = pieces[closer], close.canClose, close.count > 0 else {
          closer += 1
          continue
        }
        var opener = closer - 1
        var found = false
        while opener >= 0 {
          if case .run(let open) = pieces[opener], open.sign == close.sign, open.canOpen, open.count > 0,
            !((open.canClose || close.canOpen) && (open.count + close.count) % 3 == 0
              && (open.count % 3 != 0 || close.count % 3 != 0))
          {
            found = true
            break
          }
          opener -= 1
        }
        guard found, case .run(var open) = pieces[opener] else {
          closer += 1
          continue
        }
        let used = open.count >= 2 && close.count >= 2 ? 2 : 1
        let tag = close.sign == "~" ? "del" : used == 2 ? "strong" : "em"
        open.count -= used
        close.count -= used
        open.opening = "<\(tag)>" + open.opening
        close.closing += "</\(tag)>"
        pieces[opener] = .run(open)
        pieces[closer] = .run(close)
        for index in opener + 1..<closer {  // what lies between cannot reach out of it
          if case .run(let inner) = pieces[index] {
            pieces[index] = .run(
              Run(
                sign: inner.sign, count: inner.count, canOpen: false, canClose: false, closing: inner.closing,
                opening: inner.opening))
          }
        }
      }
    }
  }
}

extension Character {
  fileprivate var isMark: Bool { isPunctuation || isSymbol }
}

extension String {
  fileprivate func trimmingTrailingSpaces() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
