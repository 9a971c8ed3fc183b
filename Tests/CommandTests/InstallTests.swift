import Foundation
import Testing

/// What `Scripts/install` lays out: a program that needs nothing of the checkout, and pages whose links lead somewhere.
@Suite struct InstallTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private let program: Program

  init() throws { program = try Program() }

  private func run(_ executable: URL, _ arguments: String...) throws -> (
    status: Int32, output: String, errors: String
  ) {
    let process = Process()
    let (output, errors) = (program.file("output"), program.file("errors"))
    for url in [output, errors] { _ = FileManager.default.createFile(atPath: url.path, contents: nil) }
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = program.folder
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return try (
      process.terminationStatus, String(contentsOf: output, encoding: .utf8),
      String(contentsOf: errors, encoding: .utf8)
    )
  }

  @Test func whatIsInstalledStandsByItself() throws {
    let prefix = program.file("prefix")
    let share = prefix.appendingPathComponent("share/lunette")
    // What a user keeps below the same prefix stays.
    let own = share.appendingPathComponent("plugins/mine/init.lua")
    try FileManager.default.createDirectory(
      at: own.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("return {}".utf8).write(to: own)
    for _ in 1...2 {
      let result = try run(
        Self.root.appendingPathComponent("Scripts/dev/lay-out"), Program.url.path, prefix.path)
      try #require(result.status == 0, "\(result.errors)")
    }
    #expect(FileManager.default.fileExists(atPath: own.path))

    let installed = prefix.appendingPathComponent("bin/lunette")
    let daam = try run(installed, "run", "daam", "--set", "steps=1")
    #expect(daam.status == 0 && daam.errors.hasSuffix("lunette-out/daam/report.html\n"), "\(daam.errors)")
    #expect(try run(installed, "eval", "lunette.help('linalg.qr')").output.contains("linalg.qr(x)"))
    #expect(try run(installed, "run", "word_oder").errors.contains("did you mean 'word_order'?"))
    try linksLeadSomewhere(share)
  }

  @Test func linksOfTheCheckoutLeadSomewhere() throws {
    for folder in ["Docs", "Plugins"] { try linksLeadSomewhere(Self.root.appendingPathComponent(folder)) }
  }

  private func linksLeadSomewhere(_ folder: URL) throws {
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let pages = files.filter { $0.hasSuffix(".md") }
    #expect(pages.count > 10)
    for page in pages {
      let place = folder.appendingPathComponent(page)
      for match in try String(contentsOf: place, encoding: .utf8).matches(of: /\]\(([^)#\s]+)(#[^)]*)?\)/) {
        let link = String(match.1)
        guard !link.hasPrefix("http") else { continue }
        let target = place.deletingLastPathComponent().appendingPathComponent(link).standardizedFileURL
        #expect(FileManager.default.fileExists(atPath: target.path), "\(page): \(link)")
      }
    }
  }
}
