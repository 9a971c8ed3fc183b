import Glibc
import Platform
import Plugins

/// Where a plugin comes from: a folder, an archive or rock, or a git address. Nothing of it runs.
struct PluginSource {
  /// As it stands in lock files.
  let text: String
  private let path: String
  private let temporary: TemporaryFolder?

  /// - Parameter given: what the user wrote, or what a lock file says.
  init(_ given: String) throws {
    guard Self.isAddress(given) else {
      guard let path = LockFile.absolute(given) else {
        throw PluginError("\(given): \(String(cString: strerror(errno)))")
      }
      (text, self.path, temporary) = (path, path, nil)
      return
    }
    let (folder, commit) = try Self.clone(given)
    let address = given.prefix { $0 != "#" }
    (text, path, temporary) = ("\(address)#\(commit)", folder.path, folder)
  }

  func package(isGranted: Bool) throws -> PluginPackage {
    let tree: FileTree
    do {
      tree = Disk.isFolder(path) ? try Disk.read(path) : try Archive.read(Disk.readFile(path))
    } catch let error as PluginError {
      throw PluginError(error.message.hasPrefix(path) ? error.message : "\(text): \(error.message)")
    }
    return try PluginPackage(tree, file: text, isGranted: isGranted)
  }

  /// Takes away what was fetched.
  func discard() {
    temporary?.remove()
  }

  // MARK: Git

  private static func isAddress(_ text: String) -> Bool {
    ["git+", "https://", "http://", "ssh://", "git://", "git@", "file://"].contains { text.hasPrefix($0) }
  }

  /// Fetches a repository as it was last, or the branch or tag after `#`. Git runs nothing of it: hooks are not cloned, and
  /// links in it become plain files.
  private static func clone(_ given: String) throws -> (folder: TemporaryFolder, commit: String) {
    var address = Substring(given)
    if address.hasPrefix("git+") { address = address.dropFirst(4) }
    let parts = address.split(separator: "#", maxSplits: 1)
    guard let url = parts.first else { throw PluginError("\(given): no address") }
    let temporary: TemporaryFolder
    do { temporary = try TemporaryFolder("lunette-") } catch {
      throw PluginError("no place for what Git fetches: \(error)")
    }
    let folder = temporary.path
    let safety = [
      "-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never",
    ]
    let reference = parts.count > 1 ? String(parts[1]) : nil
    do {
      if let reference, reference.utf8.count == 40, reference.allSatisfy(\.isHexDigit) {
        try git(safety + ["init", "--quiet", folder])
        try git(safety + ["-C", folder, "fetch", "--quiet", "--depth", "1", "--", String(url), reference])
        try git(safety + ["-C", folder, "checkout", "--quiet", "--detach", "FETCH_HEAD"])
      } else {
        let branch = try reference.map { name in
          guard !name.hasPrefix("-") else { throw PluginError("\(given): '\(name)' is no branch or tag") }
          return ["--branch", name]
        }
        try git(
          safety + ["clone", "--quiet", "--depth", "1", "--no-recurse-submodules"] + (branch ?? [])
            + ["--", String(url), folder])
      }
      let commit = try git(["-C", folder, "rev-parse", "HEAD"])
      return (temporary, commit.split(separator: "\n").first.map(String.init) ?? "")
    } catch {
      temporary.remove()
      throw error
    }
  }

  @discardableResult
  private static func git(_ arguments: [String]) throws -> String {
    setenv("GIT_TERMINAL_PROMPT", "0", 1)
    let ran: (status: Int32, output: [UInt8])?
    do { ran = try Subprocess.run("git", arguments) } catch { throw PluginError(error.description) }
    guard let result = ran else { throw PluginError("git is not installed") }
    guard result.status == 0, !TemporaryFolder.isAskedToEnd else {
      throw PluginError("git \(arguments.last ?? "") failed (status \(result.status))")
    }
    return String(decoding: result.output, as: UTF8.self)
  }
}
