import Foundation
import Imaging
import Lua
import Notebook
import Tensor
import Testing

@testable import Scripting

/// The reference in Docs/lua says something about everything that is bound, and nothing else; its examples run.
@Suite struct DocumentationTests {
  static let documentation = Documentation.installed

  /// What Lunette gives to Lua. `everyTypeIsListed` finds those that are missing here.
  private static var types: [any LuaUserdata.Type] {
    [
      Tensor.self, Image.self, LuaPlot.self, Animation.self, LuaTableValue.self, LuaModel.self, LuaClip.self,
      LuaGenerated.self,
      LuaTrace.self, LuaRecord.self, LuaModelScheduler.self, LuaStepState.self, LuaStepEnd.self, LuaHelp.self,
      LuaOptimizer.self, ScriptSweep.self,
    ]
  }

  private struct Bound {
    let name: String
    /// Nil for properties.
    let signature: String?
  }

  private static func bound() throws -> [Bound] {
    let session = try Session()
    var bound = try session.boundFunctions().map { Bound(name: $0.name, signature: $0.signature) }
    for type in types {
      let members = try session.lua.members(of: type)
      let prefix = members.type.replacing(" ", with: "_")
      bound += members.methods.map {
        Bound(name: "\(prefix):\(LuaSignature($0).name)", signature: "\(prefix):\($0)")
      }
      bound += members.properties.map { Bound(name: "\(prefix).\($0)", signature: nil) }
    }
    // What every value that shows itself has is described once, on the page of how values show themselves.
    return bound.filter { $0.name != "help:mimebundle" }
  }

  @Test func everythingBoundHasAnEntryAndNothingElse() throws {
    let bound = try Self.bound()
    #expect(bound.count > 150)
    for each in bound {
      guard let entry = Self.documentation.entry(named: each.name) else {
        Issue.record("\(each.name) has no entry in Docs/lua (its README says how to write one)")
        continue
      }
      guard let signature = each.signature else { continue }
      let heading = try #require(entry.signatures.first { DocumentationEntry.name(of: $0) == each.name })
      func bare(_ text: String) -> String { text.filter { !$0.isWhitespace } }
      #expect(
        heading.contains("{…}") || bare(heading) == bare(signature),
        "the heading must be what was bound: \(signature)")
      for word in LuaSignature(signature).options + Self.arguments(of: signature) where !word.isEmpty {
        #expect(entry.text.contains("`\(word)`"), "\(each.name): the entry does not name `\(word)`")
      }
    }
    let names = Set(bound.map(\.name))
    for name in Self.documentation.names {
      #expect(names.contains(name), "\(name) is documented and not bound")
    }
  }

  /// The names of the arguments that are no options.
  private static func arguments(of signature: String) -> [String] {
    let inside = signature.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" && $0 != "{" }
    return inside.split(separator: ",").map { $0.filter { !"? .".contains($0) } }.filter { !$0.isEmpty }
  }

  @Test func everyTypeIsListed() throws {
    let listed = Set(Self.types.map { $0.luaName })
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/Scripting")
    let files = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
      for match in text.matches(of: /static (?:let luaName = |var luaName: String \{ )"([^"]+)"/) {
        #expect(listed.contains(String(match.1)), "\(file): the type '\(match.1)' is missing in this test")
      }
    }
  }

  @Test func everyEntryHasAnExample() {
    for entry in Self.documentation.pages.flatMap(\.entries) {
      #expect(entry.example != nil && !entry.text.isEmpty, "\(entry.names)")
    }
  }

  @Test(arguments: documentation.pages.map(\.name))
  func examplesRun(page name: String) throws {
    let page = try #require(Self.documentation.page(named: name))
    let session = try Session()
    if let prelude = DocumentationEntry([], page.introduction.lineList).example {
      #expect(session.run(prelude).filter(\.isError) == [])
    }
    for entry in page.entries {
      try ExampleRunner(session).run(entry.example ?? "", of: "\(entry.names)")
    }
  }

  /// As a reader pastes them: each as one cell, after the page's first block and nothing else.
  @Test(arguments: documentation.pages.map(\.name))
  func examplesCanBePasted(page name: String) throws {
    let page = try #require(Self.documentation.page(named: name))
    let prelude = DocumentationEntry([], page.introduction.lineList).example ?? ""
    for entry in page.entries {
      let session = try Session()
      #expect(session.run(prelude).filter(\.isError) == [])
      #expect(session.run(entry.example ?? "").filter(\.isError) == [], "\(entry.names)")
    }
  }

  @Test func helpFindsByNameAndByValue() throws {
    let session = try Session()
    session.run("local x, svd = lunette.tensor{1}, lunette.linalg.svd")
    #expect(session.help(on: "svd")?.plainText?.hasPrefix("linalg.svd(x, {full})") == true)
    #expect(session.help(on: "lunette.linalg.svd") == session.help(on: "svd"))
    #expect(session.help(on: "x:cumsum")?.plainText?.hasPrefix("tensor:cumsum(dim)") == true)
    #expect(session.help(on: "lunette.metrics")?.plainText?.contains("metrics.ssim(a, b, {range})") == true)
    #expect(session.help(on: "nothing.of.this") == nil)
    #expect(session.inspect("svd(x, ", at: 7)?.plainText?.hasPrefix("linalg.svd(") == true)
    #expect(session.inspect("x.y", at: 3) == nil)
    // Wherever in or beside a name the cursor stands, and whatever follows.
    for code in ["svd", "svd(x)", "svd (x)", "svd{x}", "svd.y", "y = svd\nprint(1)", "svd, x", "svd;"] {
      let text = "lunette.linalg." + code.drop { $0 != "s" }
      let start = text.firstRange(of: "svd").map {
        text.utf8.distance(from: text.startIndex, to: $0.lowerBound)
      }
      for place in 0...3 {
        let found = session.inspect(text, at: (start ?? 0) + place)
        #expect(found?.plainText?.hasPrefix("linalg.svd(") == true, "\(text), \(place)")
      }
    }
    #expect(session.run("lunette.help('svdd')").last?.message.contains("did you mean 'linalg.svd'") == true)
    #expect(session.run("lunette.help(lunette.linalg.qr)").last?.plain.hasPrefix("linalg.qr(x)") == true)
  }
}

extension String {
  fileprivate var lineList: [(line: Int, text: Substring)] {
    split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0.offset + 1, $0.element) }
  }
}

extension Output {
  fileprivate var isError: Bool { if case .error = self { true } else { false } }
  fileprivate var message: String { if case .error(let failure) = self { failure.message } else { "" } }
  fileprivate var plain: String {
    if case .result(let bundle, _) = self { bundle.plainText ?? "" } else { "" }
  }
}
