/// A regular expression as Python writes it, as far as module names need one: letters, `.`, classes, groups,
/// alternatives, repetition, anchors and lookaheads.
///
/// Patterns come from files of strangers: matching follows all ways at once, so that its time is bounded by the
/// pattern's length times the square of the text's, whatever the pattern.
struct PythonPattern: Sendable {
  private indirect enum Node: Sendable {
    case one(Letters)
    case sequence([Node])
    case either([Node])
    case repeated(Node, least: Int, most: Int?)
    case start, end
    case ahead(Node, isWanted: Bool)
  }

  /// Which letters a place takes.
  private struct Letters: Sendable {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isInverted = false

    static let any = Letters(ranges: ["\n"..."\n"], isInverted: true)
    static let digits = Letters(ranges: ["0"..."9"])
    static let word = Letters(ranges: ["0"..."9", "A"..."Z", "_"..."_", "a"..."z"])
    static let space = Letters(ranges: ["\t"..."\r", " "..." "])

    func contains(_ letter: Unicode.Scalar) -> Bool {
      ranges.contains { $0.contains(letter) } != isInverted
    }
  }

  private let root: Node

  /// Nil for what is not a regular expression or uses what is not known here.
  init?(_ text: String) {
    var parser = Parser(text)
    guard let root = parser.alternatives(), parser.isAtEnd else { return nil }
    self.root = root
  }

  /// Python's `re.fullmatch`.
  func matchesWhole(_ text: String) -> Bool {
    let letters = Array(text.unicodeScalars)
    return PythonPattern.ends(root, letters, from: [0]).contains(letters.count)
  }

  /// As PEFT finds the layers that a key of its patterns means: the whole path, or all that follows one of its dots.
  func matchesEnd(ofPath path: String) -> Bool {
    let letters = Array(path.unicodeScalars)
    let starts = [0] + letters.indices.filter { letters[$0] == "." }.map { $0 + 1 }
    return PythonPattern.ends(root, letters, from: Set(starts)).contains(letters.count)
  }

  /// Where a match may end that starts at one of these places.
  private static func ends(_ node: Node, _ text: [Unicode.Scalar], from starts: Set<Int>) -> Set<Int> {
    switch node {
    case .one(let letters):
      Set(starts.filter { $0 < text.count && letters.contains(text[$0]) }.map { $0 + 1 })
    case .sequence(let nodes): nodes.reduce(starts) { $0.isEmpty ? $0 : ends($1, text, from: $0) }
    case .either(let nodes): nodes.reduce(into: []) { $0.formUnion(ends($1, text, from: starts)) }
    case .repeated(let node, let least, let most): repeated(node, least, most, text, from: starts)
    case .start: starts.intersection([0])
    case .end: starts.intersection([text.count])
    case .ahead(let node, let isWanted): starts.filter { ends(node, text, from: [$0]).isEmpty != isWanted }
    }
  }

  private static func repeated(
    _ node: Node, _ least: Int, _ most: Int?, _ text: [Unicode.Scalar], from starts: Set<Int>
  ) -> Set<Int> {
    var (reached, found) = (starts, least == 0 ? starts : [])
    var (count, seen) = (0, Set<Int>())
    while !reached.isEmpty, most.map({ count < $0 }) ?? true {
      reached = ends(node, text, from: reached)
      count += 1
      guard count >= least else { continue }
      found.formUnion(reached)
      reached.subtract(seen)
      seen.formUnion(reached)
    }
    return found
  }

  /// Repetitions beyond this would only make a hostile pattern slow.
  private static let mostRepetitions = 1000
  private static let mostDepth = 50

  private struct Parser {
    private let letters: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { letters = Array(text.unicodeScalars) }

    var isAtEnd: Bool { position == letters.count }
    private var next: Unicode.Scalar? { isAtEnd ? nil : letters[position] }

    private mutating func take(_ text: String) -> Bool {
      let wanted = Array(text.unicodeScalars)
      guard letters[position...].starts(with: wanted) else { return false }
      position += wanted.count
      return true
    }

    mutating func alternatives() -> Node? {
      depth += 1
      defer { depth -= 1 }
      guard depth <= mostDepth else { return nil }
      var choices: [Node] = []
      repeat {
        guard let choice = sequence() else { return nil }
        choices.append(choice)
      } while take("|")
      return .either(choices)
    }

    private mutating func sequence() -> Node? {
      var nodes: [Node] = []
      while let letter = next, letter != "|", letter != ")" {
        guard let node = atom(), let counted = repetition(of: node) else { return nil }
        nodes.append(counted)
      }
      return .sequence(nodes)
    }

    private mutating func atom() -> Node? {
      let letter = letters[position]
      position += 1
      switch letter {
      case ".": return .one(.any)
      case "^": return .start
      case "$": return .end
      case "[": return letterClass().map { .one($0) }
      case "(": return group()
      case "\\": return escape()
      case "*", "+", "?", "{": return nil
      default: return .one(Letters(ranges: [letter...letter]))
      }
    }

    private mutating func group() -> Node? {
      let ahead: Bool? = take("?=") ? true : take("?!") ? false : nil
      if ahead == nil, !take("?:"), next == "?" { return nil }
      guard let node = alternatives(), take(")") else { return nil }
      return ahead.map { .ahead(node, isWanted: $0) } ?? node
    }

    private mutating func escape() -> Node? {
      guard let letter = next else { return nil }
      position += 1
      switch letter {
      case "A": return .start
      case "Z": return .end
      default: return PythonPattern.Parser.escaped(letter).map { .one($0) }
      }
    }

    private static func escaped(_ letter: Unicode.Scalar) -> Letters? {
      func inverted(_ letters: Letters) -> Letters { Letters(ranges: letters.ranges, isInverted: true) }
      switch letter {
      case "d": return .digits
      case "w": return .word
      case "s": return .space
      case "D": return inverted(.digits)
      case "W": return inverted(.word)
      case "S": return inverted(.space)
      default: return Letters.word.contains(letter) ? nil : Letters(ranges: [letter...letter])
      }
    }

    private mutating func letterClass() -> Letters? {
      var letters = Letters()
      letters.isInverted = take("^")
      var isFirst = true
      while let letter = next, isFirst || letter != "]" {
        isFirst = false
        position += 1
        if letter == "\\" {
          guard let escape = next, let found = Self.escaped(escape), !found.isInverted else { return nil }
          position += 1
          letters.ranges += found.ranges
        } else if next == "-", position + 1 < self.letters.count, self.letters[position + 1] != "]" {
          let last = self.letters[position + 1]
          guard letter <= last, last != "\\" else { return nil }
          position += 2
          letters.ranges.append(letter...last)
        } else {
          letters.ranges.append(letter...letter)
        }
      }
      return take("]") ? letters : nil
    }

    private mutating func repetition(of node: Node) -> Node? {
      var result = node
      if take("*") {
        result = .repeated(node, least: 0, most: nil)
      } else if take("+") {
        result = .repeated(node, least: 1, most: nil)
      } else if take("?") {
        result = .repeated(node, least: 0, most: 1)
      } else if take("{") {
        guard let bounds = bounds() else { return nil }
        result = .repeated(node, least: bounds.least, most: bounds.most)
      } else {
        return result
      }
      _ = take("?")  // whether as much or as little as possible is tried first changes no answer
      return next.map { "*+?{".unicodeScalars.contains($0) } == true ? nil : result
    }

    private mutating func bounds() -> (least: Int, most: Int?)? {
      let least = number()
      guard take(",") else { return take("}") ? least.map { ($0, $0) } : nil }
      let most = number()
      guard take("}"), (least ?? 0) <= most ?? mostRepetitions else { return nil }
      return (least ?? 0, most)
    }

    private mutating func number() -> Int? {
      var value: Int?
      while let letter = next, ("0"..."9").contains(letter), value ?? 0 <= mostRepetitions {
        position += 1
        value = 10 * (value ?? 0) + Int(letter.value - 48)
      }
      return value.flatMap { $0 <= mostRepetitions ? $0 : nil }
    }
  }
}
