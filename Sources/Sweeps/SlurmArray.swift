/// The scripts by which Slurm runs a sweep: an array of tasks, each of which measures one part, and a job that comes after all of them
/// and writes the report.
public struct SlurmArray: Sendable {
  /// The program, absolute.
  public var program: String
  /// What follows `sweep run` and `sweep report`: the plan, `--out` and what else decides the items. Absolute paths.
  public var arguments: [String]
  /// What follows `sweep report` besides.
  public var reportArguments: [String]
  public var name: String
  /// Where scripts and logs lie.
  public var folder: String
  public var taskCount: Int
  public var workers: Int
  /// Passed on to `sbatch` for the array: account, partition, time, memory.
  public var options: [String]

  public init(
    program: String, arguments: [String], reportArguments: [String], name: String, folder: String,
    taskCount: Int,
    workers: Int, options: [String]
  ) {
    (self.program, self.arguments, self.reportArguments) = (program, arguments, reportArguments)
    (self.name, self.folder, self.taskCount) = (name, folder, taskCount)
    (self.workers, self.options) = (workers, options)
  }

  /// How many tasks there are to be, so that one lasts ten minutes or more.
  ///
  /// - Parameters:
  ///   - seconds: that one unit takes one worker.
  ///   - limit: `MaxArraySize` of the cluster: the numbers of an array stay below it.
  public static func taskCount(units: Int, seconds: Double, workers: Int, limit: Int) -> Int {
    let all = Double(units) * max(seconds, 1e-6) / Double(max(1, workers))
    return max(1, min(limit - 1, units, Int(all / 600)))
  }

  /// `MaxArraySize` in what `scontrol show config` prints; 1001, as Slurm has it where nobody says otherwise.
  public static func limit(inConfig text: String) -> Int {
    for line in text.split(separator: "\n") where line.hasPrefix("MaxArraySize") {
      if let value = line.split(separator: "=").last.flatMap({ Int($0.filter(\.isNumber)) }), value > 1 {
        return value
      }
    }
    return 1001
  }

  public var arrayScript: String {
    """
    #!/bin/bash
    #SBATCH --job-name=\(name)
    #SBATCH --array=1-\(taskCount)
    #SBATCH --cpus-per-task=\(workers)
    #SBATCH --requeue
    #SBATCH --open-mode=append
    #SBATCH --signal=TERM@60
    #SBATCH --output=\(folder)/%A_%a.log
    # exec: the program itself gets the signals. What is measured stays; a task that is requeued measures what is missing.
    exec \(words([program, "sweep", "run"] + arguments)) --workers \(workers) \\
      --part "$SLURM_ARRAY_TASK_ID/\(taskCount)"

    """
  }

  public var mergeScript: String {
    """
    #!/bin/bash
    #SBATCH --job-name=\(name)-report
    #SBATCH --open-mode=append
    #SBATCH --output=\(folder)/report.log
    exec \(words([program, "sweep", "report"] + arguments + reportArguments))

    """
  }

  private func words(_ list: [String]) -> String { list.map(Self.quoted).joined(separator: " ") }

  /// As a shell reads it.
  static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "_-./=:,@%+".utf8.contains(byte)
    }
    guard !plain || word.isEmpty else { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
