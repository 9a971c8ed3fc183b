import Foundation

/// The built program, run as users run it: in a folder of its own, with its output kept apart.
struct Program {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("lunette-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// `LUNETTE_TEST_PROGRAM`, or what was built together with the tests.
  static var url: URL {
    if let path = ProcessInfo.processInfo.environment["LUNETTE_TEST_PROGRAM"] {
      return URL(fileURLWithPath: path)
    }
    return builtWithTests
  }

  /// A debug build.
  static var builtWithTests: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(
      "lunette")
  }

  func script(_ text: String, name: String = "script.lua") throws {
    try Data(text.utf8).write(to: file(name))
  }

  func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  func text(_ name: String) throws -> String { try String(contentsOf: file(name), encoding: .utf8) }

  func names(in name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: file(name).path).sorted()
  }

  /// - Parameter folder: where it runs, instead of the folder of its own.
  /// - Parameter whileRunning: called once the program runs, with its process number.
  func run(
    _ arguments: String..., environment: [String: String] = [:], folder: URL? = nil,
    whileRunning: ((Int32) throws -> Void)? = nil, program: URL = Program.url
  ) throws -> Result {
    try run(
      arguments, environment: environment, folder: folder, whileRunning: whileRunning, program: program)
  }

  func run(
    _ arguments: [String], environment: [String: String] = [:], folder: URL? = nil,
    whileRunning: ((Int32) throws -> Void)? = nil, program: URL = Program.url
  ) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? self.folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, not pipes: nobody needs to read while the program runs.
    let (output, errors) = (file(".stdout"), file(".stderr"))
    for url in [output, errors] { _ = FileManager.default.createFile(atPath: url.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    do {
      try whileRunning?(process.processIdentifier)
    } catch {
      process.terminate()
      throw error
    }
    process.waitUntilExit()
    let status =
      process.terminationReason == .exit ? process.terminationStatus : 1000 + process.terminationStatus
    return Result(
      status: status, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Waits until `condition` holds, at most 20 seconds.
  static func wait(until condition: () -> Bool) throws {
    let end = Date().addingTimeInterval(20)
    while !condition() {
      guard Date() < end else { throw TimedOut() }
      usleep(5000)
    }
  }

  struct TimedOut: Error {}
}

extension Program {
  struct Cost {
    let status: Int32
    let seconds: Double
    /// The most memory that the process held.
    let megabytes: Double
  }

  /// Runs the program and measures what it takes of the machine: its own processor time, and its own memory.
  ///
  /// Perl starts it: what the system says of a process counts the memory of whoever called `exec`, and the tests hold more than
  /// what is measured.
  func cost(_ arguments: String..., environment: [String: String]) throws -> Cost {
    #if arch(x86_64)
      let getrusage = 98
    #else
      let getrusage = 165
    #endif
    let code = """
      open(my $out, ">&", STDOUT); open(STDOUT, ">", "/dev/null"); open(STDERR, ">", "/dev/null");
      my $status = system { $ARGV[0] } @ARGV;
      my $usage = "\\0" x 144;
      syscall(\(getrusage), -1, $usage);
      print $out join(" ", $status, unpack("q5", $usage));
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/perl")
    process.arguments = ["-e", code, Self.url.path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let numbers = text.split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 6 else { throw TimedOut() }
    let (status, usage) = (numbers[0], numbers[1...].map(Double.init))
    return Cost(
      status: Int32(status & 0x7F == 0 ? status >> 8 : 1000 + status & 0x7F),
      seconds: usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6, megabytes: usage[4] / 1024)
  }
}
