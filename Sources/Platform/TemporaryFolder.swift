import CPlatform
import Glibc

/// A folder for what is needed for a while. It goes with this object, and also when the process is asked to end (SIGINT, SIGTERM,
/// SIGHUP, SIGQUIT): that has its effect once the folder is gone.
public final class TemporaryFolder {
  public let path: String
  private var isThere = true

  /// Makes a folder in `$TMPDIR`, or in `/tmp`.
  public init(_ prefix: String) throws(FileError) {
    cp_hold_endings()
    do throws(FileError) {
      path = try Folder.makeUnique("\(Environment.temporaryFolder)/\(prefix)")
    } catch {
      cp_release_endings()
      throw error
    }
  }

  deinit { remove() }

  /// Whether the process was asked to end: what fills the folder gives up then.
  public static var isAskedToEnd: Bool { cp_held_ending() != 0 }

  public func remove() {
    guard isThere else { return }
    isThere = false
    Folder.remove(path)
    cp_release_endings()
  }
}
