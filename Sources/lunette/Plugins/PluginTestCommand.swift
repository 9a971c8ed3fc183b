import ArgumentParser
import Notebook
import Platform
import PluginPackages
import Prompt
import Runs
import Scripting
import Synchronization

struct PluginTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Runs a plugin's tests (tests/*_test.lua) as its users will run it: confined.")

  @Argument(help: ArgumentHelp("The plugin's folder.", valueName: "dir"))
  var folder = "."

  @Flag(help: "Write the golden pictures anew.")
  var update = false

  @OptionGroup var options: SessionOptions

  func run() throws {
    try reporting {
      let guarded = try options.settings.guarded(onNote: Terminal.note)
      let workshop = try PluginWorkshop(folder)
      let tests = workshop.tests
      guard !tests.isEmpty else { throw CommandError("\(folder): there are no tests (tests/*_test.lua)") }
      let goldens = workshop.folder + "/tests/goldens"
      if update { try Folder.makeWritable(goldens) }
      let output = try OutputFolder(
        "lunette-out/\(workshop.manifest.name)-tests", onNote: Terminal.note)
      defer { output.close() }
      var failures = 0
      for test in tests {
        failures += try run(test, workshop, output.path, update ? [goldens] : [], guarded) ? 0 : 1
      }
      let all = tests.count == 1 ? "1 test" : "\(tests.count) tests"
      Terminal.print(failures == 0 ? "\(all) passed\n" : "\(failures) of \(all) failed\n")
      if failures > 0 { throw ExitCode(1) }
    }
  }

  private func run(
    _ test: (file: String, module: String), _ workshop: PluginWorkshop, _ output: String, _ goldens: [String],
    _ guarded: SessionGuard?
  ) throws -> Bool {
    let failed = FailureCount()
    var settings = Session.Options(plugins: workshop.finder)
    settings.readableFolders = [workshop.folder] + (options.model.map { [$0] } ?? [])
    settings.writableFolders = goldens
    settings.updatesGoldens = update
    settings.onTest = { result in
      guard result.hasPassed != true else { return }
      if result.hasPassed == nil { return Terminal.line("  left out: \(result.name)") }
      failed.add()
      Terminal.line("  FAILED: \(result.name)")
      Terminal.print("    \(ANSI.harmless(String(workshop.within(result.message))))\n")
    }
    var request = options.settings
    request.outputFolder = output
    let session = try request.open(settings, guarded)
    let runner = CellRunner(session)
    var progress = ProgressBar()
    runner.onEvent = { $0.show(&progress, of: session) }
    Terminal.line(test.file)
    let failure = runner.run("require \"\(test.module)\"", name: test.file).failure
    progress.clear()
    if let failure {
      if failure.isInterrupt { throw Ending.status(of: failure, session) }
      let text = failure.report.split(separator: "\n").joined(separator: "\n    ")
      Terminal.print("  FAILED: \(ANSI.harmless(text))\n")
      return false
    }
    return failed.count == 0
  }
}

/// Counts the failed parts of a test.
private final class FailureCount: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  func add() { value.add(1, ordering: .relaxed) }
}
