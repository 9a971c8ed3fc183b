/// Statements, with the scopes they open and the names they declare.
extension CellParser {
  mutating func block() throws {
    while position < tokens.count, !["end", "else", "elseif", "until"].contains(word) {
      if accept("return") {
        if position < tokens.count, !["end", "else", "elseif", "until", ";"].contains(word) {
          try expressions()
        }
        _ = accept(";")
        return
      }
      try statement()
    }
  }

  mutating func scoped(_ names: [Int] = [], _ body: (inout CellParser) throws -> Void) throws {
    scopes.append(Set(names.map { tokens[$0].word }))
    try nested(body)
    scopes.removeLast()
  }

  mutating func statement() throws {
    let start = position
    switch word {
    case ";", "break": position += 1
    case "::" where tokens[position].kind == .symbol:
      position += 1
      let label = try name()
      if isTop { labels[tokens[label].word] = tokens[start].range.lowerBound }
      try expect("::")
    case "goto":
      position += 1
      let target = try name()
      if functionDepth == 0, let label = labels[tokens[target].word] {
        loops.append(label..<tokens[target].range.upperBound)
      }
    case "do":
      position += 1
      try scoped { try $0.block() }
      try expect("end")
    case "while":
      position += 1
      try expression()
      try expect("do")
      try scoped { try $0.block() }
      try expect("end")
    case "repeat":
      position += 1
      try scoped {
        try $0.block()
        try $0.expect("until")
        try $0.expression()
      }
    case "if": try conditional()
    case "for": try loop()
    case "function" where word(1) != "(": try namedFunction()
    case "local":
      position += 1
      if accept("function") { try localFunction(start) } else { try local(start) }
    default: try expressionStatement()
    }
  }

  mutating func conditional() throws {
    repeat {
      position += 1
      try expression()
      try expect("then")
      try scoped { try $0.block() }
    } while word == "elseif"
    if accept("else") { try scoped { try $0.block() } }
    try expect("end")
  }

  mutating func loop() throws {
    position += 1
    var names = [try name()]
    if accept("=") {
      try expressions()
    } else {
      while accept(",") { names.append(try name()) }
      try expect("in")
      try expressions()
    }
    try expect("do")
    try scoped(names) { try $0.block() }
    try expect("end")
  }

  mutating func namedFunction() throws {
    position += 1
    let first = try name()
    refer(to: first, assigning: word != "." && word != ":")
    var isMethod = false
    while word == "." || word == ":" {
      isMethod = word == ":"
      position += 1
      _ = try name()
      if isMethod { break }
    }
    try functionBody(isMethod: isMethod)
  }

  mutating func localFunction(_ start: Int) throws {
    let token = try name()
    let name = tokens[token].word
    if isTop, name != "_ENV" {
      let (place, before) = declare(name, isConstant: false, at: tokens[start].range.lowerBound)
      replace(start, with: before)
      replace(token, with: place)
    } else if isTop {
      meanings[name] = .real
    } else {
      scopes[scopes.count - 1].insert(name)
    }
    try functionBody(isMethod: false)
  }

  mutating func local(_ start: Int) throws {
    var names: [(token: Int, attribute: Range<Int>?, word: String)] = []
    repeat {
      let token = try name()
      var attribute: Range<Int>?
      var word = ""
      if self.word == "<" {
        let open = position
        position += 1
        word = tokens[try name()].word
        try expect(">")
        attribute = tokens[open].range.lowerBound..<tokens[position - 1].range.upperBound
      }
      names.append((token, attribute, word))
    } while accept(",")
    let hasValues = accept("=")
    if hasValues { try expressions() }
    guard isTop else {
      for (token, _, _) in names { scopes[scopes.count - 1].insert(tokens[token].word) }
      return
    }
    let end = tokens[position - 1].range.upperBound
    let offset = tokens[start].range.lowerBound
    let keepsLocals = names.contains { $0.word == "close" || tokens[$0.token].word == "_ENV" }
    var before = ""
    var copies: [(place: String, local: String)] = []
    for (number, (token, attribute, word)) in names.enumerated() {
      let name = tokens[token].word
      let isReal = word == "close" || name == "_ENV"
      let (place, renewal) = declare(name, isConstant: word != "", at: offset)
      before += renewal
      if isReal {
        copies.append((place, name))
        meanings[name] = .real
        continue
      }
      let stand = keepsLocals ? "\(prefix)local\(number)" : place
      if keepsLocals { copies.append((place, stand)) }
      replace(token, with: stand)
      // An attribute that Lua does not know stays, for Lua to refuse.
      if let attribute, word == "const" { edits.append((attribute.lowerBound, attribute.count, "")) }
    }
    if keepsLocals {
      insert(before, at: offset)
      insert(
        ";" + copies.map(\.place).joined(separator: ",") + "=" + copies.map(\.local).joined(separator: ","),
        at: end)
    } else {
      replace(start, with: before)
      if !hasValues { insert("=nil", at: end) }
    }
  }

  /// A call, an assignment, or, at the very end of the cell, any expression: the cell's value.
  mutating func expressionStatement() throws {
    let start = position
    var targets: [Int?] = []
    let startsExpression =
      tokens[position].kind == .name || word == "(" || ["self", "_G", "_ENV"].contains(word)
    if startsExpression {
      let editsBefore = edits.count
      let isCall = try suffixed()
      if word == "=" || word == "," {
        // Read again: what a target's name means is known only now.
        edits.removeLast(edits.count - editsBefore)
        position = start
        repeat {
          let first = position
          _ = try suffixed()
          targets.append(position == first + 1 ? first : nil)
        } while accept(",")
        if accept("=") {
          for case let target? in targets { noteAssignment(to: target) }
          try expressions()
          return
        }
        try finishValue(from: start)
        return
      }
      let end = position
      try operators()
      if isCall, position == end, position < tokens.count { return }
      while accept(",") { try expression() }
      try finishValue(from: start)
      return
    }
    try expressions()
    try finishValue(from: start)
  }

  mutating func noteAssignment(to token: Int) {
    let name = tokens[token].word
    if scopes.contains(where: { $0.contains(name) }) || constantError != nil { return }
    if case .session(_, isConstant: true)? = meanings[name] {
      constantError = (name, tokens[token].range.lowerBound)
    }
  }

  mutating func finishValue(from start: Int) throws {
    guard isTop, functionDepth == 0 else { throw failure }
    let end = tokens[position - 1].range.upperBound
    if position < tokens.count {
      guard word == ";", position + 1 == tokens.count else { throw failure }
      position += 1
      insert("local \(prefix)unseen=", at: tokens[start].range.lowerBound)
      return
    }
    hasValue = true
    insert("return \(valueName)(", at: tokens[start].range.lowerBound)
    insert(")", at: end)
  }
}
