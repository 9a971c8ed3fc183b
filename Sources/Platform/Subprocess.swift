import CPlatform
import Glibc

/// Another program, run to its end. It ends with us.
public enum Subprocess {
  /// - Parameter environment: what it finds there, `NAME=value`; nil for all that we have.
  /// - Returns: its status (128 and the signal for one that a signal ended) and what it printed; nil where there is no such program.
  ///   Its stderr is ours.
  /// - Throws: `FileError` that names the program if it cannot be started.
  public static func run(_ program: String, _ arguments: [String], environment: [String]? = nil)
    throws(FileError) -> (
      status: Int32, output: [UInt8]
    )?
  {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .last(program) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? Self.environment).map { strdup($0) }
    variables.append(nil)
    defer { (words + variables).forEach { free($0) } }
    let child = cp_spawn(program, words, variables, ends[1])
    let failure = FileError.last(program)
    close(ends[1])
    guard child > 0 else { throw failure }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      output += chunk[..<count]
    }
    let ending = cp_wait(child)
    guard ending & 0x7F == 0 else { return (128 + ending & 0x7F, output) }
    let code = ending >> 8 & 0xFF
    return code == 127 ? nil : (code, output)
  }

  /// `NAME=value`, as this process has them.
  public static var environment: [String] {
    var list: [String] = []
    var place = environ
    while let variable = place.pointee {
      list.append(String(cString: variable))
      place += 1
    }
    return list
  }
}
