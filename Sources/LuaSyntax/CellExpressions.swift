/// Expressions: only their extent and the names in them matter.
extension CellParser {
  mutating func expressions() throws {
    repeat { try expression() } while accept(",")
  }

  static let unary: Set<String> = ["not", "-", "#", "~"]
  static let binary: Set<String> = [
    "+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or", "&", "|", "~",
    "<<",
    ">>",
  ]

  mutating func expression() throws {
    try nested {
      try $0.operand()
      try $0.operators()
    }
  }

  mutating func operators() throws {
    while Self.binary.contains(word) {
      position += 1
      try operand()
    }
  }

  mutating func operand() throws {
    while Self.unary.contains(word) { position += 1 }
    guard position < tokens.count else { throw failure }
    switch tokens[position].kind {
    case .number, .string:
      position += 1
      return
    case .constant where ["nil", "true", "false"].contains(word):
      position += 1
      return
    default: break
    }
    switch word {
    case "...": position += 1
    case "{": try table()
    case "function":
      position += 1
      try functionBody(isMethod: false)
    default: _ = try suffixed()
    }
  }

  /// A name or `(…)` with what follows: `.name`, `[…]`, `:name(…)`, `(…)`. True when it ends in a call.
  mutating func suffixed() throws -> Bool {
    var isCall = false
    if accept("(") {
      try expression()
      try expect(")")
    } else {
      refer(to: try name())
    }
    while position < tokens.count {
      switch word {
      case ".":
        position += 1
        _ = try name()
        isCall = false
      case "[":
        position += 1
        try expression()
        try expect("]")
        isCall = false
      case ":":
        position += 1
        _ = try name()
        try arguments()
        isCall = true
      case "(", "{":
        try arguments()
        isCall = true
      default:
        guard tokens[position].kind == .string else { return isCall }
        position += 1
        isCall = true
      }
    }
    return isCall
  }

  mutating func arguments() throws {
    guard position < tokens.count else { throw failure }
    if tokens[position].kind == .string {
      position += 1
    } else if word == "{" {
      try table()
    } else {
      try expect("(")
      if accept(")") { return }
      try expressions()
      try expect(")")
    }
  }

  mutating func table() throws {
    try expect("{")
    while !accept("}") {
      if accept("[") {
        try expression()
        try expect("]")
        try expect("=")
      } else if word(1) == "=" {
        _ = try name()
        position += 1
      }
      try expression()
      if !accept(",") && !accept(";") && word != "}" { throw failure }
    }
  }

  mutating func functionBody(isMethod: Bool) throws {
    try expect("(")
    var names: [Int] = []
    while !accept(")") {
      if !accept("...") { names.append(try name()) }
      if !accept(",") && word != ")" { throw failure }
    }
    functionDepth += 1
    try scoped(names) {
      if isMethod { $0.scopes[$0.scopes.count - 1].insert("self") }
      try $0.block()
    }
    functionDepth -= 1
    try expect("end")
  }
}
