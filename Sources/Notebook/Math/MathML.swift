import Encoding

/// Formulas of TeX as MathML, which browsers draw by themselves: what prose about papers needs (scripts, fractions, roots, sums,
/// accents, fonts, fences, matrices). A command that is not known is shown as it was written, never left out.
public enum MathML {
  /// - Parameter isBlock: on a line of its own, with limits above and below.
  public static func html(_ tex: String, isBlock: Bool) -> String {
    var parser = MathParser(tex)
    let row = parser.row(until: [])
    let display = isBlock ? " display=\"block\"" : ""
    return "<math\(display)><semantics><mrow>\(row)</mrow>"
      + "<annotation encoding=\"application/x-tex\">\(escapedHTML(tex))</annotation></semantics></math>"
  }
}

/// Reads formulas from left to right. Groups nest at most so deep as a person would write them; deeper ones are shown as text.
private struct MathParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private static let deepest = 60

  init(_ tex: String) { scalars = Array(tex.unicodeScalars) }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  /// What ends a row.
  enum End: Equatable { case brace, right, cell, environment }

  mutating func row(until ends: Set<End>, font: MathFont? = nil) -> String {
    var row = ""
    while let scalar = next {
      if scalar == "}" {
        if ends.contains(.brace) { break }
        position += 1
        row += "<mo>}</mo>"
        continue
      }
      if ends.contains(.cell), scalar == "&" || lookingAt("\\\\") || lookingAt("\\end") { break }
      if ends.contains(.right), lookingAt("\\right"), !lookingAt("\\rightarrow") { break }
      row += scripted(font)
    }
    return row
  }

  private func lookingAt(_ text: String) -> Bool {
    scalars[position...].starts(with: text.unicodeScalars)
  }

  // MARK: Atoms and scripts

  private struct Atom {
    var markup: String
    var hasLimits = false
  }

  private mutating func scripted(_ font: MathFont?) -> String {
    let base = atom(font)
    var (below, above): (String?, String?) = (nil, nil)
    var primes = ""
    skipBlanks()
    while let scalar = next, scalar == "_" || scalar == "^" || scalar == "'" {
      // A second one of a kind belongs to nothing: it begins anew.
      if scalar == "_" && below != nil || scalar == "^" && above != nil { break }
      position += 1
      switch scalar {
      case "_": below = argument(font)
      case "^": above = argument(font)
      default: primes += "′"
      }
    }
    if !primes.isEmpty { above = "<mrow><mo>\(primes)</mo>\(above ?? "")</mrow>" }
    let name = base.hasLimits ? ("munder", "mover", "munderover") : ("msub", "msup", "msubsup")
    switch (below, above) {
    case (nil, nil): return base.markup
    case (let below?, nil): return "<\(name.0)>\(base.markup)\(below)</\(name.0)>"
    case (nil, let above?): return "<\(name.1)>\(base.markup)\(above)</\(name.1)>"
    case (let below?, let above?): return "<\(name.2)>\(base.markup)\(below)\(above)</\(name.2)>"
    }
  }

  /// One element: a group, or the next atom.
  private mutating func argument(_ font: MathFont?) -> String {
    skipBlanks()
    return next == nil ? "<mrow></mrow>" : atom(font).markup
  }

  private mutating func skipBlanks() {
    while let scalar = next, scalar.properties.isWhitespace { position += 1 }
  }

  private mutating func atom(_ font: MathFont?) -> Atom {
    depth += 1
    defer { depth -= 1 }
    guard depth < MathParser.deepest else {
      let rest = String(String.UnicodeScalarView(scalars[position...]))
      position = scalars.count
      return Atom(markup: "<mtext>\(escapedHTML(rest))</mtext>")
    }
    guard let scalar = next else { return Atom(markup: "") }
    position += 1
    switch scalar {
    case _ where scalar.properties.isWhitespace: return Atom(markup: "")
    case "{":
      let content = row(until: [.brace], font: font)
      if next == "}" { position += 1 }
      return Atom(markup: "<mrow>\(content)</mrow>")
    case "\\": return command(font)
    case "0"..."9": return Atom(markup: number(from: scalar, font))
    case "^", "_": return Atom(markup: "<mrow></mrow>")
    case _ where scalar.properties.isAlphabetic: return Atom(markup: identifier(scalar, font))
    case "-": return Atom(markup: "<mo>−</mo>")
    case "*": return Atom(markup: "<mo>∗</mo>")
    default: return Atom(markup: "<mo>\(escapedHTML(String(Character(scalar))))</mo>")
    }
  }

  private mutating func number(from first: Unicode.Scalar, _ font: MathFont?) -> String {
    var text = font?.letter(first) ?? String(Character(first))
    while let scalar = next, ("0"..."9").contains(scalar) || scalar == "." {
      if scalar == ".", position + 1 >= scalars.count || !("0"..."9").contains(scalars[position + 1]) {
        break
      }
      text += font?.letter(scalar) ?? String(Character(scalar))
      position += 1
    }
    return "<mn>\(text)</mn>"
  }

  private func identifier(_ scalar: Unicode.Scalar, _ font: MathFont?) -> String {
    let letter = escapedHTML(font?.letter(scalar) ?? String(Character(scalar)))
    return font == .upright ? "<mi mathvariant=\"normal\">\(letter)</mi>" : "<mi>\(letter)</mi>"
  }

  // MARK: Commands

  private mutating func name() -> String {
    var name = ""
    while let scalar = next, scalar.isASCII, scalar.properties.isAlphabetic {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    if name.isEmpty, let scalar = next {
      position += 1
      return String(Character(scalar))
    }
    return name
  }

  private mutating func command(_ font: MathFont?) -> Atom {
    let name = name()
    if let letter = MathSymbols.letters[name] { return Atom(markup: "<mi>\(letter)</mi>") }
    if let sign = MathSymbols.operators[name] { return Atom(markup: "<mo>\(escapedHTML(sign))</mo>") }
    if let sum = MathSymbols.sums[name] { return Atom(markup: "<mo>\(sum)</mo>", hasLimits: name != "int") }
    if MathSymbols.functions.contains(name) { return Atom(markup: "<mi>\(name)</mi>") }
    if MathSymbols.limits.contains(name) { return Atom(markup: "<mi>\(name)</mi>", hasLimits: true) }
    if let width = MathSymbols.spaces[name] { return Atom(markup: "<mspace width=\"\(width)\"/>") }
    if let accent = MathSymbols.accents[name] {
      // Not marked as an accent: browsers without a font for mathematics would draw those into the letter.
      return Atom(markup: "<mover>\(argument(font))<mo>\(accent)</mo></mover>")
    }
    if let other = MathSymbols.fonts[name] {
      return name == "operatorname"
        ? Atom(markup: "<mi>\(escapedHTML(text()))</mi>", hasLimits: true) : Atom(markup: argument(other))
    }
    switch name {
    case "frac", "tfrac", "dfrac": return Atom(markup: "<mfrac>\(argument(font))\(argument(font))</mfrac>")
    case "sqrt": return Atom(markup: root(font))
    case "text", "textrm", "textit", "textbf", "texttt":
      return Atom(markup: "<mtext>\(escapedHTML(text()))</mtext>")
    case "left": return Atom(markup: fenced(font))
    case "begin": return Atom(markup: environment(font))
    case "underbrace", "overbrace":
      let (tag, brace) = name == "underbrace" ? ("munder", "⏟") : ("mover", "⏞")
      return Atom(markup: "<\(tag)>\(argument(font))<mo>\(brace)</mo></\(tag)>", hasLimits: true)
    case "displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr":
      return Atom(markup: "")
    default: return Atom(markup: "<mtext>\\\(escapedHTML(name))</mtext>")
    }
  }

  private mutating func root(_ font: MathFont?) -> String {
    guard next == "[" else { return "<msqrt>\(argument(font))</msqrt>" }
    position += 1
    var index = ""
    while let scalar = next, scalar != "]" { index += scripted(font) }
    if next == "]" { position += 1 }
    return "<mroot>\(argument(font))<mrow>\(index)</mrow></mroot>"
  }

  /// The words of a group, as they are.
  private mutating func text() -> String {
    skipBlanks()
    guard next == "{" else { return "" }
    position += 1
    var text = ""
    var open = 1
    while let scalar = next {
      position += 1
      if scalar == "{" { open += 1 }
      if scalar == "}" {
        open -= 1
        if open == 0 { break }
      }
      text.unicodeScalars.append(scalar)
    }
    return text
  }

  /// `\left( … \right)`
  private mutating func fenced(_ font: MathFont?) -> String {
    let open = delimiter()
    let content = row(until: [.right, .brace], font: font)
    var close = ""
    if lookingAt("\\right") {
      position += "\\right".count
      close = delimiter()
    }
    return "<mrow>\(open)\(content)\(close)</mrow>"
  }

  private mutating func delimiter() -> String {
    skipBlanks()
    guard let scalar = next else { return "" }
    position += 1
    if scalar == "." { return "" }
    let sign = scalar == "\\" ? MathSymbols.operators[name()] ?? "" : String(Character(scalar))
    return "<mo stretchy=\"true\">\(escapedHTML(sign))</mo>"
  }

  /// Matrices and cases.
  private mutating func environment(_ font: MathFont?) -> String {
    let name = text()
    let fences: [String: (String, String)] = [
      "matrix": ("", ""), "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"),
      "cases": ("{", ""),
      "aligned": ("", ""), "align": ("", ""), "align*": ("", ""),
    ]
    guard let (open, close) = fences[name] else { return "<mtext>\\begin{\(escapedHTML(name))}</mtext>" }
    var rows = "<mtr>"
    while next != nil {
      rows += "<mtd>\(row(until: [.cell], font: font))</mtd>"
      if next == "&" {
        position += 1
      } else if lookingAt("\\\\") {
        position += 2
        skipBlanks()
        if lookingAt("\\end") { continue }
        rows += "</mtr><mtr>"
      } else if lookingAt("\\end") {
        position += "\\end".count
        _ = text()
        break
      }
    }
    func fence(_ sign: String) -> String { sign.isEmpty ? "" : "<mo stretchy=\"true\">\(sign)</mo>" }
    return "<mrow>\(fence(open))<mtable>\(rows)</mtr></mtable>\(fence(close))</mrow>"
  }
}
