import Foundation
import Testing

/// A sweep on a cluster of one node, which the test starts itself: an array, a task that is requeued, one that is cancelled, the report.
/// Where it cannot (not root, no Slurm), it says so and is skipped.
@Suite(.serialized) struct SlurmTests {
  static let obstacle: String? = {
    if getuid() != 0 { return "this is not root" }
    for name in ["slurmctld", "slurmd", "munged", "sbatch"] {
      let places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
      if !places.contains(where: { access("\($0)/\(name)", X_OK) == 0 }) {
        return "\(name) is not there (apt-get install slurmctld slurmd slurm-client munge)"
      }
    }
    return nil
  }()

  let program: Program

  init() throws { program = try Program() }

  @Test func anArrayWithATaskThatIsRequeuedAndOneThatIsCancelled() throws {
    if let obstacle = Self.obstacle {
      FileHandle.standardError.write(Data("*** SLURM IS NOT TESTED: \(obstacle) ***\n".utf8))
      return
    }
    let cluster = try OneNodeCluster(program.file("cluster").path)
    defer { cluster.stop() }
    try program.script(
      """
      return lunette.sweep{
        name = "array", items = { seed = { 1, 40 } },
        each = function(item)
          local wait = lunette.clock() + 0.1
          while lunette.clock() < wait do end
          return { x = item.seed / 7, chance = math.random() }
        end,
      }
      """, name: "plan.lua")
    let whole = try program.run("sweep", "run", "plan.lua", "--out", "whole")
    #expect(whole.status == 0, "\(whole.errors)")
    let submitted = try program.run(
      "sweep", "slurm", "plan.lua", "--out", "a", "--tasks", "8", "--item-seconds", "0.1",
      environment: cluster.environment)
    #expect(submitted.status == 0, "\(submitted.errors)")
    let words = submitted.output.split(whereSeparator: { " ,\n".contains($0) }).map(String.init)
    try #require(words.count == 4 && words[0] == "array", "\(submitted.output)")
    let (array, report) = (words[1], words[3])

    // The first task is put back in the middle of its work, the last one is taken away.
    try cluster.wait("a task runs") { cluster.state(of: "\(array)_1") == "RUNNING" }
    cluster.run("scontrol", "requeue", "\(array)_1")
    cluster.run("scancel", "\(array)_8")
    cluster.run("scontrol", "update", "jobid=\(array)_1", "StartTime=now")
    try cluster.wait("the report") {
      // What is requeued waits two minutes before it begins, unless it is told.
      cluster.run("scontrol", "update", "jobid=\(array)_1", "StartTime=now")
      return ["COMPLETED", "FAILED"].contains(cluster.state(of: report))
    }
    let log = (try? program.text("a/slurm/\(array)_1.log")) ?? ""
    #expect(try program.names(in: "a").contains("array.csv"), "\(log)")

    // What was cancelled is missing, and measured by whoever comes next.
    let status = try program.run("sweep", "status", "plan.lua", "--out", "a").output
    #expect(status == "35 of 40 items\n", "\(status) \(log)")
    #expect(cluster.restarts(of: "\(array)_1") == 1)
    _ = try program.run("sweep", "run", "plan.lua", "--out", "a")
    for folder in ["a", "whole"] {
      let result = try program.run("sweep", "report", "plan.lua", "--out", folder, "--csv", "\(folder).csv")
      #expect(result.status == 0)
    }
    #expect(try program.text("a.csv") == program.text("whole.csv"))
  }
}

/// munged, slurmctld and slurmd on the loopback device.
final class OneNodeCluster {
  private let folder: String
  private let startsMunge: Bool
  var environment: [String: String] { ["SLURM_CONF": "\(folder)/slurm.conf"] }

  init(_ folder: String) throws {
    self.folder = folder
    for name in ["ctld", "d"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    // Asked, not looked for: the socket stays where a daemon was killed.
    startsMunge = Self.output("munge", ["-n"]).isEmpty
    let host = Self.output("hostname", ["-s"]).trimmingCharacters(in: .whitespacesAndNewlines)
    try """
    ClusterName=one
    SlurmctldHost=\(host)(127.0.0.1)
    SlurmctldPort=26817
    SlurmdPort=26818
    SlurmUser=root
    StateSaveLocation=\(folder)/ctld
    SlurmdSpoolDir=\(folder)/d
    SlurmctldPidFile=\(folder)/ctld.pid
    SlurmdPidFile=\(folder)/d.pid
    SlurmctldLogFile=\(folder)/ctld.log
    SlurmdLogFile=\(folder)/d.log
    ProctrackType=proctrack/linuxproc
    TaskPlugin=task/none
    SelectType=select/cons_tres
    SelectTypeParameters=CR_Core
    ReturnToService=2
    CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
    NodeName=\(host) NodeAddr=127.0.0.1 CPUs=2
    PartitionName=main Nodes=\(host) Default=YES

    """.write(toFile: "\(folder)/slurm.conf", atomically: true, encoding: .utf8)
    if startsMunge {
      run("install", "-d", "-o", "munge", "-g", "munge", "/run/munge")
      run("setpriv", "--reuid=munge", "--regid=munge", "--clear-groups", "munged", "--force")
    }
    run("slurmctld")
    run("slurmd")
    try wait("the node is idle") { run("sinfo", "-h", "-o", "%T").contains("idle") }
  }

  /// Ends what was started here, by the numbers that they wrote down.
  func stop() {
    run("scontrol", "shutdown")
    var files = ["\(folder)/d.pid", "\(folder)/ctld.pid"]
    if startsMunge { files.append("/run/munge/munged.pid") }
    for file in files {
      let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
      if let process = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), process > 1 {
        kill(process, SIGTERM)
      }
    }
  }

  func state(of job: String) -> String { field("JobState", of: job) }
  func restarts(of job: String) -> Int { Int(field("Restarts", of: job)) ?? -1 }

  private func field(_ name: String, of job: String) -> String {
    let text = run("scontrol", "show", "job", "-o", job)
    for word in text.split(separator: " ") where word.hasPrefix("\(name)=") {
      return String(word.dropFirst(name.count + 1))
    }
    return ""
  }

  @discardableResult
  func run(_ arguments: String...) -> String {
    Self.output(arguments[0], Array(arguments.dropFirst()), environment)
  }

  /// By the shell, which waits for the program alone: `Process` waits until a daemon has closed what it inherits, which munged never does.
  private static func output(_ name: String, _ arguments: [String], _ environment: [String: String] = [:])
    -> String
  {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { unlink(file) }
    let set = environment.map { "export \($0)=\(quoted($1))\n" }.joined()
    let command = ([name] + arguments).map(quoted).joined(separator: " ")
    guard
      system("exec < /dev/null > \(quoted(file)) 2> /dev/null\nPATH=$PATH:/usr/sbin:/sbin\n\(set)\(command)")
        >= 0
    else { return "" }
    return (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
  }

  private static func quoted(_ word: String) -> String {
    "'" + word.replacing("'", with: "'\\''") + "'"
  }

  /// Waits at most a minute and a half.
  func wait(_ what: String, until condition: () -> Bool) throws {
    let end = Date().addingTimeInterval(90)
    while !condition() {
      guard Date() < end else { throw Late(what: what) }
      usleep(100_000)
    }
  }

  struct Late: Error { let what: String }
}
