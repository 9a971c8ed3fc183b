import Foundation
import Testing

/// A few thousand calls of `Scripts/dev/fuzz bindings`, from fixed seeds: whatever scripts give to bound functions,
/// the process lives on, and errors are messages.
@Suite struct HostileCallTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// One child for each seed, confined in memory and time, so that the seed and the log's last line name what ended it.
  @Test(arguments: 9001...9008) func callsAreSurvived(seed: Int) throws {
    let program = try Program()
    defer { try? FileManager.default.removeItem(at: program.folder) }
    let (status, output) = try program.shell(
      """
      LUNETTE='\(Program.url.path)' FUZZ_FINDINGS='\(program.folder.path)' FUZZ_CALLS=350 \
      '\(Self.root.path)/Scripts/dev/fuzz-bindings/run' 0 \(seed)
      """)
    #expect(status == 0, "\(output)")
    #expect(output.contains("350 calls in 1 children, 0 findings"), "\(output)")
  }

  /// A limit of addresses (`ulimit -v`, as batch systems set it) is an error where it is met, also for the arrays beside tensors.
  @Test(arguments: ["tostring(x)", "lunette.stats.mean(x)", "x:tolist()", "x:clone():add(1):sort()"])
  func aLimitOfAddressesIsAnError(call: String) throws {
    let program = try Program()
    defer { try? FileManager.default.removeItem(at: program.folder) }
    try program.script(
      "local x = lunette.tensor.zeros{ 1 << 26, 4 } print(pcall(function() return \(call) end))")
    let (status, output) = try program.shell(
      "ulimit -c 0; ulimit -v 1800000; OMP_NUM_THREADS=1 '\(Program.url.path)' run script.lua")
    #expect(status == 0 && output.contains("false\t"), "\(output)")
  }

  /// The fuzzer itself notices what it is there for.
  @Test func aTrapAHangAndAnUnreadableErrorAreFound() throws {
    let program = try Program()
    defer { try? FileManager.default.removeItem(at: program.folder) }
    for (call, finding) in [
      (
        "debug.setmetatable(nil, nil) os.execute('kill -ABRT ' .. io.open('/proc/self/stat'):read('n'))",
        "signal"
      ),
      // A loop in Lua that the fuzzer's hook does not end.
      ("debug.sethook() while true do end", "hung"), ("error('Optional(3)')", "not for people"),
    ] {
      try program.script(call, name: "call.lua")
      let (status, output) = try program.shell(
        """
        LUNETTE='\(Program.url.path)' FUZZ_FINDINGS='\(program.folder.path)' FUZZ_LIMIT=10 \
        '\(Self.root.path)/Scripts/dev/fuzz-bindings/run' --replay call.lua
        """)
      #expect(status == 1 && output.contains(finding), "\(call): \(output)")
    }
  }
}

extension Program {
  /// What a line of the shell gives, run in the program's folder.
  fileprivate func shell(_ line: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = folder
    let output = file(".output")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = process.standardOutput
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: output, encoding: .utf8))
  }
}
