/// What a bound function is called with: `"svd(x, {full})"`, `"narrow(dim, start, length)"`, `"print(...)"`.
///
/// The text is for people and for errors alike. Names are the arguments' in order; `{a, b}` is an options table,
/// of which only these keys are let in; `...`, alone or after a name, is any number of them. A `?` after a name marks
/// what may be left out. What goes beyond is refused; a signature without brackets takes whatever comes.
public struct LuaSignature: Sendable {
  public let text: String
  public let name: String
  /// The options table's position, from 1.
  let optionsPosition: Int?
  public let options: [String]
  /// How many arguments there may be; nil for any number.
  private(set) var mostArguments: Int?
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
    let list = text[open...].dropFirst().prefix { $0 != ")" }
    for character in list {
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
    if open < text.endIndex, !list.contains("...") {
      mostArguments = list.allSatisfy(\.isWhitespace) ? 0 : position
    }
  }

  /// The same for what a coroutine is resumed with, of which the signature says nothing.
  var resumed: LuaSignature {
    var copy = self
    copy.mostArguments = nil
    return copy
  }

  /// The complaint about arguments that nothing would read.
  func tooMany(_ count: Int, most: Int) -> LuaArgumentError {
    let expected = most == 0 ? "no argument" : "at most \(most) argument\(most == 1 ? "" : "s")"
    return LuaArgumentError(most + 1, "\(expected) expected, got \(count)")
  }

  /// The message for an error that the function threw.
  ///
  /// - Parameter words: what is said of errors that are no complaint about an argument
  func complete(_ error: any Error, else words: (any Error) -> String) -> String {
    guard let error = error as? LuaArgumentError else { return words(error) }
    if isOperator { return "bad operand #\(error.index + 1) to '\(name)' (\(error.message))" }
    if error.index == 0 { return "calling '\(name)' on bad self (\(error.message))" }
    return "bad argument #\(error.index) to '\(name)' (\(error.message))"
  }
}
