import ArgumentParser
import Prompt
import Scripting
import Sweeps

struct SweepStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Says how far a sweep is.",
    discussion: "The last line is `DONE of ALL items`.")

  @OptionGroup var arguments: SweepArguments

  @Flag(help: "Show what failed with its traceback.")
  var failures = false

  func run() throws {
    let (_, _, store) = try arguments.open(prints: false)
    store.noteProblems()
    store.noteFailures(traceback: failures)
    Terminal.line("\(store.doneCount) of \(store.plan.items.count) items")
  }
}
