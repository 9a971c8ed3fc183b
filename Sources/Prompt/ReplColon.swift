import Notebook
import Platform
import Runs
import Scripting

/// The prompt's own commands, which begin with a colon.
struct ReplColon {
  let repl: Repl
  let session: Session

  private static let commands: [(name: String, argument: String, text: String)] = [
    (":help", "[NAME]", "what the reference says about a function, method, module or value"),
    (":doc", "NAME", "the same"),
    (":time", "CODE", "runs the code and says how long it took"),
    (":load", "FILE", "runs the cells of a script or notebook in this session"),
    (":save", "FILE.lua", "writes what has run without an error as a notebook"),
    (":images", "MODE", "how pictures are shown: kitty, iterm, sixel, blocks, none"),
    (":vars", "", "the session's variables, and what they are"),
    (":sites", "[PATTERN]", "where hooks, records and patches of the model may listen"),
    (":quit", "", "leaves, as Ctrl-D does"),
  ]

  func run(_ line: String) {
    let name = String(line.prefix { !$0.isWhitespace })
    let argument = line.dropFirst(name.count).trimmed
    switch name {
    case ":help", ":doc", ":h": help(argument)
    case ":time": time(argument)
    case ":load": load(argument)
    case ":save": save(argument)
    case ":images": images(argument)
    case ":vars": listVariables()
    case ":sites": listSites(String(argument))
    case ":quit", ":q": session.run("os.exit(0)")
    default: plugin(String(name.dropFirst()), argument)
    }
  }

  /// A command that a plugin brings along.
  private func plugin(_ name: String, _ argument: String) {
    do {
      guard let found = try session.promptCommand(named: name) else {
        return Terminal.note("no command :\(name); :help lists them")
      }
      repl.runCell(session.promptCommandSource(found, argument), name: ":\(name)")
    } catch { Terminal.note("\(error)") }
  }

  private func listVariables() {
    let rows = session.describedVariables.map { [$0.name, $0.type, $0.value] }
    repl.write(rows.isEmpty ? "no variables yet\n" : Self.columns(rows))
  }

  private func listSites(_ pattern: String) {
    do {
      repl.write(
        Self.columns(try session.describedSites(matching: pattern).map { [$0.name, $0.kind, $0.shape] }))
    } catch {
      Terminal.note("\(error)")
    }
  }

  /// Rows of words, each column as wide as its longest.
  private static func columns(_ rows: [[String]]) -> String {
    let count = rows.first?.count ?? 0
    let widths = (0..<count).map { column in rows.reduce(0) { max($0, TextWidth.of($1[column])) } }
    return rows.map { row in
      var line = ""
      for (word, width) in zip(row, widths) {
        line += word + String(repeating: " ", count: width - TextWidth.of(word) + 2)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  private func help(_ name: String) {
    guard !name.isEmpty else {
      let plugins = session.promptCommands.map { (":\($0.name)", "", $0.summary) }
      let lines = (Self.commands + plugins).map { command in
        let left = "\(command.0) \(command.1)"
        return "  " + left + String(repeating: " ", count: max(1, 18 - left.count)) + command.2 + "\n"
      }
      repl.write(
        "Each entry is a cell of Lua; the value of its last expression is shown, and is `_` afterwards.\n"
          + "Tab completes, Alt-Enter begins a new line, Ctrl-R searches what was entered.\n" + lines.joined()
      )
      return
    }
    if let text = session.help(on: name)?.plainText {
      repl.write(Reflow.text(text, columns: Terminal.width) + "\n")
    } else {
      let hint =
        session.documentation(for: name).suggestion(for: name).map { "; did you mean '\($0)'?" } ?? ""
      Terminal.note("no entry for '\(name)'\(hint)")
    }
  }

  private func time(_ code: String) {
    let start = Clock.now
    repl.runCell(code)
    repl.write(Clock.text(Clock.now - start) + "\n")
  }

  private func load(_ path: String) {
    do {
      let document = try Document(file: path)
      for (index, cell) in document.cells.enumerated() where cell.kind == .code && !cell.source.isEmpty {
        let place = CellPlace(cell, at: index, of: path)
        // The prompt's own entries are cells too.
        let name = place.name == path ? path : "\(path) \(place.name)"
        if repl.runCell(cell.source, name: name, firstLine: place.firstLine) != nil { return }
      }
    } catch { Terminal.note("\(error)") }
  }

  private func save(_ path: String) {
    guard path.hasSuffix(".lua") || path.hasSuffix(".ipynb") else {
      return Terminal.note(":save: a name ending in .lua or .ipynb expected")
    }
    var document = Document(cells: repl.cells)
    document.nameCells()
    do {
      try WholeFile.write(path.hasSuffix(".lua") ? document.percent() : document.ipynb(), to: path)
      repl.write("\(repl.cells.count) cell\(repl.cells.count == 1 ? "" : "s") written to \(path)\n")
    } catch { Terminal.note("\(error)") }
  }

  private func images(_ name: String) {
    guard let mode = InlineImage.Mode(rawValue: name) else {
      return Terminal.note(":images: kitty, iterm, sixel, blocks or none expected")
    }
    repl.setImages(mode)
  }

  /// Names of commands; after them, what their argument may be.
  static func complete(_ text: String, _ cursor: Int, _ session: Session) -> LineEditor.Completion {
    guard let space = text.firstIndex(of: " ") else {
      let all = commands.map(\.name) + session.promptCommands.map { ":" + $0.name }
      let found = all.filter { $0.hasPrefix(text) }
      return .init(range: 0..<text.utf8.count, candidates: found.map { $0 + " " })
    }
    let head = text[...space].utf8.count
    let argument = String(text.utf8.dropFirst(head).prefix(max(0, cursor - head))) ?? ""
    let name = text[..<space]
    if name == ":load" || name == ":save" {
      // As between quotes.
      let found = session.complete("\"" + argument, at: argument.utf8.count + 1)
      return .init(
        range: found.range.lowerBound + head - 1..<found.range.upperBound + head - 1,
        candidates: found.candidates)
    }
    if name == ":sites" {
      let opening = "sites(\""
      let found = session.complete(opening + argument, at: opening.utf8.count + argument.utf8.count)
      let shift = head - opening.utf8.count
      return .init(
        range: found.range.lowerBound + shift..<found.range.upperBound + shift, candidates: found.candidates)
    }
    if name == ":help" || name == ":doc" {
      let found = session.documentation(for: argument).names.filter { $0.hasPrefix(argument) }
      if !found.isEmpty { return .init(range: head..<cursor, candidates: found) }
    }
    let found = session.complete(argument, at: argument.utf8.count)
    return .init(
      range: found.range.lowerBound + head..<found.range.upperBound + head, candidates: found.candidates)
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var rest = self
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
