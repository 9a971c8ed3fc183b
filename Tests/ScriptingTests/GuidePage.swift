import Foundation

/// What of a page of Docs can be pasted: its blocks of Lua, and the cells of its tables that are headed "in Lunette".
///
/// The word behind ```` ```lua ```` says what a block needs: `set-up` is run before every other block of the page, `continued`
/// goes on where the block before it ended; without a word a block needs nothing but the set-up.
struct GuidePage {
  struct Piece: Sendable, CustomStringConvertible {
    let page: String
    let line: Int
    let setUp: String
    /// A block with those that go on from it, in their order.
    var sources: [String]

    var description: String { "\(page):\(line)" }
  }

  private(set) var blocks: [Piece] = []
  private(set) var rows: [Piece] = []
  /// What does not keep to the rule above.
  private(set) var complaints: [String] = []

  private let name: String
  private var setUp = ""
  /// The column of the table at hand whose cells are run, and whether its first line was read.
  private var column: Int?
  private var isInTable = false

  init(_ text: String, name: String) {
    self.name = name
    var fence: (words: [Substring], line: Int, source: String)?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        if let open = fence {
          if open.words.first == "lua" { add(block: open.source, as: open.words.dropFirst(), at: open.line) }
          fence = nil
        } else {
          fence = (line.dropFirst(3).split(separator: " "), index + 1, "")
        }
      } else if fence != nil {
        fence?.source += line + "\n"
      } else {
        readTable(line, at: index + 1)
      }
    }
    if let fence { complaints.append("\(name):\(fence.line): the block has no end") }
  }

  private mutating func add(block: String, as words: ArraySlice<Substring>, at line: Int) {
    switch words.joined(separator: " ") {
    case "set-up":
      if !blocks.isEmpty { complaints.append("\(name):\(line): a set-up comes first, and once") }
      blocks.append(Piece(page: name, line: line, setUp: "", sources: [block]))
      setUp = block
    case "continued":
      if blocks.last == nil { complaints.append("\(name):\(line): there is nothing that goes on") }
      blocks.indices.last.map { blocks[$0].sources.append(block) }
    case "": blocks.append(Piece(page: name, line: line, setUp: setUp, sources: [block]))
    case let other: complaints.append("\(name):\(line): a block of Lua has no word '\(other)'")
    }
  }

  private mutating func readTable(_ line: Substring, at number: Int) {
    guard line.hasPrefix("|") else {
      isInTable = false
      return
    }
    let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    guard isInTable else {
      (isInTable, column) = (true, cells.firstIndex { $0.lowercased() == "in lunette" })
      return
    }
    guard let column, !line.hasPrefix("|--") else { return }
    let code = column < cells.count ? cells[column].matches(of: /`([^`]+)`/).map { String($0.1) } : []
    if code.isEmpty { complaints.append("\(name):\(number): the row says nothing in Lua") }
    rows.append(Piece(page: name, line: number, setUp: setUp, sources: [code.joined(separator: "\n")]))
  }
}
