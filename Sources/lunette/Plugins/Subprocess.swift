import ArgumentParser
import CConfinement
import Glibc

/// Another program, run to its end. It ends when we do.
enum Subprocess {
  /// - Parameter environment: what it finds there; nil for all that we have.
  /// - Returns: its status and what it printed; nil where there is no such program. Its stderr is ours.
  /// - Throws: `ExitCode` where a signal came that ends us: whoever called cleans up.
  static func run(
    _ program: String, _ arguments: [String], environment: [String]? = nil
  ) throws -> (status: Int32, output: String)? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var variables = (environment ?? Self.environment).map { strdup($0) } + [nil]
    defer { (words + variables).forEach { free($0) } }
    let child = cf_spawn(program, &words, &variables, ends[1])
    close(ends[1])
    defer { close(ends[0]) }
    guard child > 0 else { return nil }
    let output = readAll(ends[0])
    var signal: Int32 = 0
    let ending = cf_wait(child, &signal)
    if signal != 0 { throw ExitCode(128 + signal) }
    // 127 is what a shell says of a program that is not there, and cf_spawn's child too.
    guard ending & 0x7F == 0 else { return (128 + ending & 0x7F, "") }
    let code = ending >> 8 & 0xFF
    return code == 127 ? nil : (code, output)
  }

  private static func readAll(_ file: Int32) -> String {
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(file, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return String(decoding: output, as: UTF8.self) }
      output += chunk[..<count]
    }
  }

  /// `NAME=value`, as this process has them.
  static var environment: [String] {
    var list: [String] = []
    var place = environ
    while let variable = place.pointee {
      list.append(String(cString: variable))
      place += 1
    }
    return list
  }
}
