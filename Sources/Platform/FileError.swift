import Glibc

/// What went wrong with a file or a folder. Each floor says it in its own words; `description` is for those that have none.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Fault: Equatable, Sendable {
    /// A system call failed with this `errno`.
    case system(Int32)
    /// A pipe, a socket, a device.
    case notRegular
    case isFolder
    /// More bytes than the reader takes.
    case tooLarge(limit: Int)
    /// Another program cut it short while it was read: bytes at first, and then.
    case shrank(from: Int, to: Int)
    /// Another program wrote into it while it was read.
    case changed
    case tooManyMapped
  }

  public let path: String
  public let fault: Fault

  public init(_ path: String, _ fault: Fault) {
    self.path = path
    self.fault = fault
  }

  /// Of the system call that has just failed.
  public static func last(_ path: String) -> FileError { FileError(path, .system(errno)) }

  /// The `errno`, where it was a system call.
  public var code: Int32? {
    guard case .system(let code) = fault else { return nil }
    return code
  }

  public var reason: String {
    switch fault {
    case .system(let code): String(cString: strerror(code))
    case .notRegular: "not a file"
    case .isFolder: "a folder, not a file"
    case .tooLarge(let limit): "larger than \(limit) bytes"
    case .shrank(let size, let rest):
      "another program cut the file short while it was read: it had \(size) bytes, now it has \(rest)"
    case .changed: "another program changed the file while it was read"
    case .tooManyMapped: "too many files are open at once"
    }
  }

  public var description: String { "\(path): \(reason)" }
}
