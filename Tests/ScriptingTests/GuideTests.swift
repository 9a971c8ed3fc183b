import Foundation
import Notebook
import Testing

@testable import Scripting

/// The guides in Docs whose examples are whole: they run from top to bottom in one session, with the built-in model, and
/// show what they say.
@Suite struct GuideTests {
  private static let docs = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Docs")

  private static func examples(of page: String) throws -> [String] {
    let text = try String(contentsOf: docs.appendingPathComponent(page), encoding: .utf8)
    let examples = text.matches(of: /```lua\n((?:.|\n)*?)```/).map { String($0.1) }
    try #require(!examples.isEmpty)
    return examples
  }

  @Test(arguments: ["gradients.md"])
  func examplesRun(page: String) throws {
    let session = try Session()
    for example in try Self.examples(of: page) { try ExampleRunner(session).run(example, of: page) }
  }

  /// Each block by itself, in a session of its own, as it is pasted.
  @Test(arguments: ["lua.md"])
  func everyExampleStandsAlone(page: String) throws {
    let examples = try Self.examples(of: page)
    #expect(examples.count > 10)
    for example in examples {
      try withTemporaryFolder { folder in
        var options = Session.Options()
        options.outputFolder = folder
        // Files that a block names without a folder are written where it runs.
        let here = FileManager.default.currentDirectoryPath
        defer { FileManager.default.changeCurrentDirectoryPath(here) }
        try #require(FileManager.default.changeCurrentDirectoryPath(folder))
        try ExampleRunner(Session(options)).run(example, of: page)
      }
    }
  }

  /// Each example as a reader pastes it: as one cell, into a session that has seen no other.
  @Test(arguments: ["gradients.md"])
  func examplesCanBePasted(page: String) throws {
    let text = try String(contentsOf: Self.docs.appendingPathComponent(page), encoding: .utf8)
    let examples = text.matches(of: /```lua\n((?:.|\n)*?)```/).map { String($0.1) }
    #expect(examples.count > 4)
    for example in examples {
      let failures = try Session().run(example).filter { if case .error = $0 { true } else { false } }
      #expect(failures == [], "\(page): \(example)")
    }
  }
}

/// Runs an example up to each line that says what it shows, `expression --> text`.
struct ExampleRunner {
  private let session: Session

  init(_ session: Session) { self.session = session }

  func run(_ example: String, of place: String) throws {
    var pending = ""
    for line in example.split(separator: "\n") {
      let parts = line.split(separator: "-->", maxSplits: 1)
      pending += parts[0] + "\n"
      guard parts.count == 2 else { continue }
      #expect(Self.shown(session.run(pending)) == Self.folded(String(parts[1])), "\(place): \(line)")
      pending = ""
    }
    let failures = session.run(pending).filter { if case .error = $0 { true } else { false } }
    #expect(failures == [], "\(place)")
  }

  private static func shown(_ outputs: [Output]) -> String {
    folded(
      outputs.map { output in
        switch output {
        case .stream(_, let text): text
        case .result(let bundle, _), .display(let bundle, _): bundle.plainText ?? ""
        case .error(let failure): "error: \(failure.message)"
        case .other: ""
        }
      }.joined(separator: ", "))
  }

  private static func folded(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
