/// What a bound function is called with: `"svd(x, {full})"`, `"narrow(dim, start, length)"`, `"print(...)"`.
///
/// The text is for people and for errors alike. Names are the arguments' in order; `{a, b}` is an options table,
/// of which only these keys are let in; `...` is anything more. A `?` after a name marks what may be left out.
public struct LuaSignature: Sendable {
  public let text: String
  public let name: String
  /// The options table's position, from 1.
  let optionsPosition: Int?
  public let options: [String]
  /// Operators complain of operands.
  var isOperator = false

  public init(_ text: String) {
    self.text = text
    let open = text.firstIndex(of: "(") ?? text.endIndex
    name = String(text[..<open])
    var position = 1
    var optionsPosition: Int?
    var options: [String] = []
    var word = ""
    var inside = false
    for character in text[open...].dropFirst() {
      switch character {
      case "{": (inside, optionsPosition) = (true, position)
      case "}":
        if !word.isEmpty { options.append(word) }
        (inside, word) = (false, "")
      case ",":
        if inside { options.append(word) } else { position += 1 }
        word = ""
      case " ", "?": continue
      default: word.append(character)
      }
    }
    self.optionsPosition = optionsPosition
    self.options = options
  }

  /// The message for an error that the function threw.
  func complete(_ error: any Error) -> String {
    guard let error = error as? LuaArgumentError else { return "\(error)" }
    if isOperator { return "bad operand #\(error.index + 1) to '\(name)' (\(error.message))" }
    if error.index == 0 { return "calling '\(name)' on bad self (\(error.message))" }
    return "bad argument #\(error.index) to '\(name)' (\(error.message))"
  }
}
