import Glibc

/// An open file that has no name: nobody else finds it, and it goes with the last who has it open.
public enum NamelessFile {
  /// - Returns: its descriptor, to be closed by the caller.
  public static func open(in folder: String = Environment.temporaryFolder) throws(FileError) -> Int32 {
    var path = Array("\(folder)/.lunette-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw .last(folder) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }
}
