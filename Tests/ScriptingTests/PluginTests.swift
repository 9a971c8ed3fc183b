import Foundation
import Notebook
import Scripting
import Testing

/// Runs the tests that plugins bring along, `Plugins/<name>/tests/*_test.lua`: a script that ends without an error.
@Suite struct PluginTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []).sorted()
  }

  static let tests = names(in: "Plugins").flatMap { plugin in
    names(in: "Plugins/\(plugin)/tests").filter { $0.hasSuffix("_test.lua") }
      .map { "Plugins/\(plugin)/tests/\($0)" }
  }

  @Test func someAreThere() { #expect(Self.tests.contains("Plugins/daam/tests/golden_test.lua")) }

  @Test(arguments: tests)
  func passes(test: String) throws {
    var options = Session.Options()
    options.scriptName = "\(Self.root)/\(test)"
    // Where the reference outputs are that a test may ask for.
    options.arguments = ["\(Self.root)/Tests/DiffusionTests/Goldens"]
    let session = try Session(options)
    let source = try String(contentsOfFile: options.scriptName, encoding: .utf8)
    for case .error(let failure) in session.run(source, name: test) {
      Issue.record("\(failure.message)\n\(failure.traceback.joined(separator: "\n"))")
    }
  }
}
