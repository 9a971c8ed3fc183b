import Foundation
import Notebook
import Testing

@testable import Scripting

/// The recipes of the cookbook run, at small size, with the built-in model.
@Suite struct CookbookTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Docs/cookbook")

  static let recipes = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".lua") }.sorted()

  @Test func eachIsListed() throws {
    let page = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
    #expect(Self.recipes.count >= 12)
    for recipe in Self.recipes { #expect(page.contains("(\(recipe))"), "\(recipe)") }
  }

  @Test(arguments: recipes)
  func runs(recipe: String) throws {
    let source = try String(contentsOf: Self.folder.appendingPathComponent(recipe), encoding: .utf8)
      .replacing(/local steps = \d+/, with: "local steps = 2")
      .replacing(/local (count|inner|first_steps) = \d+/) { "local \($0.output.1) = 2" }
      .replacing("local seeds = { 1, 2, 3 }", with: "local seeds = { 1, 2 }")
    try withTemporaryFolder { folder in
      var options = Session.Options()
      options.outputFolder = folder
      let session = try Session(options)
      var displays = 0
      for cell in try Document(percent: source).cells where cell.kind == .code {
        for output in session.run(cell.source, name: recipe, firstLine: cell.firstLine) {
          switch output {
          case .error(let failure): Issue.record("\(recipe): \(failure.message)")
          case .display: displays += 1
          default: break
          }
        }
      }
      #expect(displays > 0)
    }
  }
}
