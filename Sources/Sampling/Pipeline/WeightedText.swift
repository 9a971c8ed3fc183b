import Glibc

/// A piece of a prompt and how much its words count.
struct WeightedText: Equatable {
  let text: String
  let weight: Float

  /// Cuts a prompt by the notation that is in use: `(a cat)` weighs 1.1, `(a cat:1.3)` 1.3, `[a cat]` 1 / 1.1; brackets
  /// nest and multiply; a backslash makes a bracket a letter. Brackets that do not close reach to the end.
  static func pieces(of prompt: String) -> [WeightedText] {
    var pieces: [(text: String, weight: Float)] = []
    /// Where the open brackets started, in `pieces`.
    var round: [Int] = []
    var square: [Int] = []
    var text = ""

    func flush() {
      if !text.isEmpty { pieces.append((text, 1)) }
      text = ""
    }
    func scale(from start: Int?, by factor: Float) {
      for index in (start ?? pieces.count)..<pieces.count { pieces[index].weight *= factor }
    }

    var letters = prompt[...]
    while let letter = letters.popFirst() {
      switch letter {
      case "\\":
        text.append(letters.popFirst() ?? letter)
      case "(":
        flush()
        round.append(pieces.count)
      case "[":
        flush()
        square.append(pieces.count)
      case ")" where !round.isEmpty:
        flush()
        scale(from: round.popLast(), by: 1.1)
      case "]" where !square.isEmpty:
        flush()
        scale(from: square.popLast(), by: 1 / 1.1)
      case ":" where !round.isEmpty:
        guard let end = letters.firstIndex(of: ")"), let weight = number(letters[..<end]) else {
          text.append(letter)
          continue
        }
        flush()
        scale(from: round.popLast(), by: weight)
        letters = letters[end...].dropFirst()
      default: text.append(letter)
      }
    }
    flush()
    for start in round { scale(from: start, by: 1.1) }
    for start in square { scale(from: start, by: 1 / 1.1) }
    return pieces.map { WeightedText(text: $0.text, weight: $0.weight) }
  }

  private static func number(_ text: Substring) -> Float? {
    let trimmed = text.filter { !$0.isWhitespace }
    guard let value = Float(trimmed), value.isFinite, abs(value) <= 1000 else { return nil }
    return value
  }
}
