import ArgumentParser
import Platform
import Prompt
import Scripting
import Sweeps

struct SweepSlurmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slurm", abstract: "Submits a sweep to Slurm: an array of tasks, and a report after them.",
    discussion: """
      Options of sbatch follow after `--`: lunette sweep slurm PLAN.lua --out DIR -- --partition=gpu --time=2:00:00. A task that is requeued
      measures what is missing. The report lies in DIR as <sweep's name>.csv and .sqlite.
      """)

  @OptionGroup var arguments: SweepArguments

  @Option(
    help: ArgumentHelp(
      "How many tasks the array has. (default: so many that one lasts ten minutes)", valueName: "n"))
  var tasks: Int?

  @Option(help: ArgumentHelp("How many processes of one thread a task has, and cores.", valueName: "n"))
  var workers = 1

  @Option(
    help: ArgumentHelp(
      "How long an item takes; otherwise one is measured here to know. (seconds)", valueName: "seconds"))
  var itemSeconds: Double?

  @Flag(help: "Write the scripts, and submit nothing.")
  var dryRun = false

  @Argument(parsing: .postTerminator, help: ArgumentHelp("Options for sbatch.", valueName: "options"))
  var options: [String] = []

  func validate() throws {
    if let tasks, !(1...1 << 20).contains(tasks) {
      throw ValidationError("--tasks: a number of at least 1 expected, got \(tasks)")
    }
    guard (1...1024).contains(workers) else {
      throw ValidationError("--workers: a number from 1 to 1024 expected, got \(workers)")
    }
    if let itemSeconds, !(itemSeconds > 0 && itemSeconds < 1e7) {
      throw ValidationError("--item-seconds: a number of seconds expected")
    }
  }

  func run() throws {
    let (session, sweep, store) = try arguments.open(prints: false)
    store.noteProblems()
    try store.prepare()
    let missing = store.missingUnits()
    guard !missing.isEmpty else { return Terminal.note("\(store.plan.name): all items are measured") }
    let folder = Folder.absolute(store.folder)
    try Folder.makeWritable("\(folder)/slurm")
    var array = SlurmArray(
      program: Installation.programPath ?? "lunette", arguments: try arguments.words(absolute: true),
      reportArguments: [
        "--csv", "\(folder)/\(store.plan.name).csv", "--sqlite", "\(folder)/\(store.plan.name).sqlite",
      ],
      name: store.plan.name, folder: "\(folder)/slurm", taskCount: 1, workers: workers, options: options)
    let limit = SlurmArray.limit(inConfig: try Self.output("scontrol", ["show", "config"]) ?? "")
    if let tasks, tasks >= limit {
      throw CommandError(
        "--tasks \(tasks): this cluster's arrays have at most \(limit - 1) tasks (MaxArraySize)")
    }
    array.taskCount =
      try tasks
      ?? SlurmArray.taskCount(
        units: missing.count, seconds: unitSeconds(session, sweep, store, missing[0]), workers: workers,
        limit: limit)
    try submit(array, folder)
  }

  /// Measures one unit, which is kept.
  private func unitSeconds(_ session: Session, _ sweep: ScriptSweep, _ store: SweepStore, _ unit: Int) throws
    -> Double
  {
    if let itemSeconds { return itemSeconds * Double(store.plan.units[unit].count) }
    let started = Clock.now
    let run = SweepRun(store) { try session.measure(sweep, $0) }
    try run.measure([unit], onUnit: { _, _ in })
    try run.finish()
    return Clock.now - started
  }

  private func submit(_ array: SlurmArray, _ folder: String) throws {
    let (tasks, merge) = ("\(folder)/slurm/array.sh", "\(folder)/slurm/report.sh")
    try WholeFile.write(array.arrayScript, to: tasks)
    try WholeFile.write(array.mergeScript, to: merge)
    Terminal.note("\(tasks): \(array.taskCount) tasks of \(workers) workers each")
    guard !dryRun else { return }
    let job = try Self.submit(["--parsable"] + options + [tasks])
    let report = try Self.submit(
      ["--parsable", "--dependency=afterany:\(job)"] + Self.forReport(options) + [merge])
    Terminal.line("array \(job), report \(report)")
  }

  /// Of sbatch's options those that say who pays and where it runs: the report needs no more than a core for a moment.
  private static func forReport(_ options: [String]) -> [String] {
    let kept = ["--account", "--partition", "--qos", "--clusters", "-A", "-p", "-q", "-M"]
    var words: [String] = []
    for (place, option) in options.enumerated() {
      guard kept.contains(where: { option == $0 || option.hasPrefix($0 + "=") }) else { continue }
      words.append(option)
      if kept.contains(option), place + 1 < options.count { words.append(options[place + 1]) }
    }
    return words
  }

  private static func submit(_ arguments: [String]) throws -> String {
    guard let text = try output("sbatch", arguments),
      let job = text.split(whereSeparator: { ";\n".contains($0) }).first
    else { throw CommandError("sbatch did not take the job") }
    return String(job)
  }

  /// What a program of Slurm prints; nil where it fails.
  private static func output(_ program: String, _ arguments: [String]) throws -> String? {
    guard let (status, output) = try Subprocess.run(program, arguments) else {
      throw CommandError("\(program): there is no such program here; Slurm's commands are on its login nodes")
    }
    return status == 0 ? String(decoding: output, as: UTF8.self) : nil
  }
}
