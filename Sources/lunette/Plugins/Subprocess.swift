import Glibc

/// Another program, run to its end.
enum Subprocess {
  /// - Returns: its status and what it printed; nil where there is no such program. Its stderr is ours.
  static func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String)? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    let status = posix_spawnp(&child, program, &actions, nil, words, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard status == 0 else { return nil }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      output += chunk[..<count]
    }
    var ending: Int32 = 0
    while waitpid(child, &ending, 0) < 0 && errno == EINTR {}
    // 127 is what a shell says of a program that is not there, and posix_spawn's child too.
    guard ending & 0x7F == 0 else { return (128 + ending & 0x7F, "") }
    let code = ending >> 8 & 0xFF
    return code == 127 ? nil : (code, String(decoding: output, as: UTF8.self))
  }
}
