import Foundation
import Notebook
import Testing

@testable import Lua
@testable import Scripting

/// Every script that ships gives the same cell by cell as in one plain chunk of Lua, on a tiny model.
@Suite struct ScriptTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: root + "/Scripts")) ?? [])
    .filter { $0.hasSuffix(".lua") }.sorted()

  private func session(_ script: String) throws -> Session {
    var options = Session.Options()
    options.scriptName = "\(Self.root)/Scripts/\(script)"
    options.model = "\(Self.root)/Tests/DiffusionTests/Goldens/tiny-sd1"
    let session = try Session(options)
    // How long something took differs from run to run.
    session.run("lunette.clock = function() return 0 end")
    return session
  }

  /// A script with few steps, trials and words: what it does is tested, not what it finds.
  private func shortened(_ script: String) throws -> String {
    try String(contentsOfFile: "\(Self.root)/Scripts/\(script)", encoding: .utf8)
      .replacing(/local steps = \d+/, with: "local steps = 3")
      .replacing(/local (n|seeds|\w+_seeds|\w+_cases|continued|iterations|samples|own_noise|modes) = \d+\n/) {
        "local \($0.output.1) = 2\n"
      }
      .replacing("local nouns = {}\n", with: "local nouns = { \"cat\", \"owl\", \"key\" }\n")
  }

  @Test func someAreThere() { #expect(!Self.scripts.isEmpty) }

  @Test(arguments: scripts)
  func cellsAreOnePlainChunk(_ script: String) throws {
    let source = try shortened(script)
    let byCells = try session(script)
    var cells: [Output] = []
    byCells.onOutput = { output, _ in if case .result = output {} else { cells.add(output) } }
    for cell in try Document(percent: source).cells where cell.kind == .code {
      byCells.run(cell.source, name: script, firstLine: cell.firstLine)
    }
    for case .error(let failure) in cells { Issue.record("\(failure.message)") }

    let whole = try session(script)
    var chunk: [Output] = []
    whole.onOutput = { output, _ in chunk.add(output) }
    try whole.lua.load(source, name: script).call()

    #expect(!chunk.isEmpty)
    #expect(cells == chunk)
    #expect(byCells.record.seeds == whole.record.seeds)
    #expect(!byCells.record.models.isEmpty)
  }
}
