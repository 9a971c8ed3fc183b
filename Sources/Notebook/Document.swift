import Encoding

/// A notebook: cells of code and prose with their outputs, whichever file it came from.
public struct Document: Sendable, Equatable {
  public var cells: [Cell]
  /// The notebook's own metadata (kernel, language, authors …).
  public var metadata: JSON.Object
  /// The YAML that jupytext keeps in comments at the top of a script, without the comment signs and `---` lines.
  public var header: String?
  /// The `#!` line, if the script has one.
  public var shebang: String?
  /// The minor version of the notebook format (4.x) that the document came in and is written in.
  public var formatMinor = 5
  /// What else a notebook file says at its top, for the way back.
  var otherMembers: JSON.Object = [:]
  /// The lines before the first cell as the script wrote them.
  var preamble: String?

  public init(cells: [Cell], metadata: JSON.Object = [:]) {
    self.cells = cells
    self.metadata = metadata
  }

  /// The first heading of the prose, else the `title` of the header or metadata.
  public var title: String? {
    for cell in cells where cell.kind == .markdown {
      for line in cell.source.split(separator: "\n") where line.hasPrefix("# ") {
        return String(line.dropFirst(2)).trimmingSpace()
      }
    }
    if let title = metadata["title"]?.string { return title }
    return header.flatMap { NotebookHeader.title(in: $0) }
  }

  /// Gives each cell without an id one that depends on its source alone, so that a file written twice is the same.
  public mutating func nameCells() {
    var taken = Set(cells.map(\.id))
    for index in cells.indices where cells[index].id.isEmpty {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
      for byte in cells[index].source.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      var id: String
      repeat {
        let digits = String(hash & 0xffff_ffff, radix: 16)
        id = String(repeating: "0", count: 8 - digits.count) + digits
        hash = hash &* 0x100_0000_01b3 &+ 1
      } while taken.contains(id)
      taken.insert(id)
      cells[index].id = id
    }
  }
}

extension StringProtocol {
  /// By scalars: a blank and an accent after it are one character.
  func trimmingSpace() -> String {
    var rest = Substring(self).unicodeScalars
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }

  /// Lines without their line breaks, which are Lua's: `\n`, `\r\n`, `\r`. A final one opens no further line.
  func lines() -> [Substring] {
    var lines = split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }.map {
      Substring($0)
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}

extension Array {
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
