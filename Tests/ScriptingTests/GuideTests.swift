import Foundation
import Notebook
import Testing

@testable import Scripting

/// Whatever a page of Docs shows in Lua can be pasted, with the built-in model, and shows what it says. Docs/lua is the reference,
/// which `DocumentationTests` run.
@Suite struct GuideTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let goldens = root.appendingPathComponent("Tests/DiffusionTests/Goldens").path

  /// Blocks that another test runs, as they need a compiler first.
  private static let elsewhere = ["Docs/native-plugin/README.md": "NativePluginTests"]

  private static let pages: [GuidePage] = {
    let docs =
      (FileManager.default.enumerator(atPath: root.path + "/Docs")?.compactMap { $0 as? String } ?? [])
      .filter { $0.hasSuffix(".md") && !$0.hasPrefix("lua/") }.map { "Docs/\($0)" }.sorted()
    return (["README.md"] + docs).filter { elsewhere[$0] == nil }.map { name in
      let text = try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
      return GuidePage(text ?? "", name: name)
    }
  }()

  @Test func eachPageSaysWhatItsBlocksNeed() {
    #expect(Self.pages.flatMap(\.complaints) == [])
    #expect(Self.pages.flatMap(\.blocks).count > 40)
    #expect(Self.pages.flatMap(\.rows).count > 80)
  }

  /// As a reader pastes it: after the page's set-up, in a session that has seen nothing else.
  @Test(arguments: pages.flatMap(\.blocks))
  func eachBlockCanBePasted(block: GuidePage.Piece) throws { try run(block) }

  @Test(arguments: pages.flatMap(\.rows))
  func eachRowCanBePasted(row: GuidePage.Piece) throws { try run(row) }

  private func run(_ piece: GuidePage.Piece) throws {
    try withTemporaryFolder { folder in
      var options = Session.Options()
      options.outputFolder = folder
      // Files that a block names without a folder are written where it runs.
      let here = FileManager.default.currentDirectoryPath
      defer { FileManager.default.changeCurrentDirectoryPath(here) }
      try #require(FileManager.default.changeCurrentDirectoryPath(folder))
      if piece.page == "Docs/checkpoints.md" { try layOutCheckpoints() }
      let session = try Session(options)
      #expect(session.run(piece.setUp).filter(\.isError) == [], "\(piece)")
      for source in piece.sources {
        if source.contains("-->") { try ExampleRunner(session).run(source, of: "\(piece)") }
        // As one cell; where it says what it shows, over its own results.
        #expect(session.run(source).filter(\.isError) == [], "\(piece)")
      }
    }
  }

  /// Small models under the names of well-known ones. What stands for a single file is a folder: of those there is
  /// `SingleFileTests`.
  private func layOutCheckpoints() throws {
    let files = FileManager.default
    let named = [
      "v2-1_768-ema-pruned.safetensors": "tiny-sd2", "clip-vit-h14": "tiny-sd2/tokenizer",
      "sd-vae-ft-mse": "tiny-sd1/vae", "style.safetensors": "adapters/peft.safetensors",
      "character.safetensors": "adapters/kohya.safetensors",
      "cat-toy.safetensors": "adapters/cat-toy.safetensors",
      "learned_embeds.safetensors": "adapters/cat-toy.safetensors",
    ]
    for (name, golden) in named {
      try files.createSymbolicLink(atPath: name, withDestinationPath: "\(Self.goldens)/\(golden)")
    }
    let folder = "stable-diffusion-v1-5"
    try files.copyItem(atPath: "\(Self.goldens)/tiny-sd1", toPath: folder)
    for path in try files.subpathsOfDirectory(atPath: folder) where path.hasSuffix(".safetensors") {
      try files.copyItem(
        atPath: "\(folder)/\(path)", toPath: "\(folder)/\(path.dropLast("safetensors".count))fp16.safetensors"
      )
    }
  }
}

extension Output {
  fileprivate var isError: Bool { if case .error = self { true } else { false } }
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
