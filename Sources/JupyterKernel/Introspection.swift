import Encoding
import Notebook
import Scripting

extension Kernel {
  func completion(_ content: JSON) -> JSON {
    let code = content["code"]?.string ?? ""
    let cursor = Self.bytes(in: code, scalars: content["cursor_pos"]?.int)
    let found = session.complete(code, at: cursor)
    return [
      "cursor_end": .number(Self.scalars(in: code, bytes: found.range.upperBound)),
      "cursor_start": .number(Self.scalars(in: code, bytes: found.range.lowerBound)),
      "matches": .array(found.candidates.map(JSON.string)), "metadata": [:], "status": "ok",
    ]
  }

  func inspection(_ content: JSON) -> JSON {
    let code = content["code"]?.string ?? ""
    let cursor = Self.bytes(in: code, scalars: content["cursor_pos"]?.int)
    let bundle = session.inspect(code, at: cursor)
    return [
      "data": bundle?.json ?? [:], "found": .bool(bundle != nil), "metadata": [:], "status": "ok",
    ]
  }

  func completeness(_ content: JSON) -> JSON {
    guard let code = content["code"]?.string else { return ["status": "unknown"] }
    switch session.completeness(of: code) {
    case .complete: return ["status": "complete"]
    case .invalid: return ["status": "invalid"]
    case .incomplete:
      let line = code.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
      let opens = ["do", "then", "else", "repeat", "{", "(", ")"].contains { line.hasSuffix($0) }
      return [
        "indent": .string(String(line.prefix { $0 == " " }) + (opens ? "  " : "")), "status": "incomplete",
      ]
    }
  }

  func historyReply(_ content: JSON) -> JSON {
    let entries: [KernelHistory.Entry] =
      switch content["hist_access_type"]?.string {
      case "range":
        history.range(
          session: content["session"]?.int ?? 0, start: content["start"]?.int ?? 0, stop: content["stop"]?.int
        )
      case "search":
        history.search(
          content["pattern"]?.string ?? "*", count: content["n"]?.int,
          isUnique: content["unique"]?.bool ?? false)
      default: history.tail(content["n"]?.int ?? 10)
      }
    let hasOutput = content["output"]?.bool ?? false
    return [
      "history": .array(
        entries.map { entry in
          let source: JSON = hasOutput ? [.string(entry.source), .null] : .string(entry.source)
          return [.number(entry.session), .number(entry.line), source]
        }), "status": "ok",
    ]
  }

  // Jupyter counts Unicode's scalars, the session counts bytes.

  static func bytes(in text: String, scalars: Int?) -> Int {
    guard let scalars else { return text.utf8.count }
    return text.unicodeScalars.prefix(max(0, scalars)).reduce(0) { $0 + UTF8.width($1) }
  }

  static func scalars(in text: String, bytes: Int) -> Int {
    String(decoding: text.utf8.prefix(bytes), as: UTF8.self).unicodeScalars.count
  }
}
