import Glibc
import PluginPackages

/// Where a plugin comes from: a folder, an archive or rock, or a git address. Nothing of it runs.
struct PluginSource {
  /// As it stands in lock files.
  let text: String
  private let path: String
  private let temporary: String?

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
    (text, path, temporary) = ("\(address)#\(commit)", folder, folder)
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
    if let temporary { Disk.remove(temporary) }
  }

  // MARK: Git

  private static func isAddress(_ text: String) -> Bool {
    ["git+", "https://", "http://", "ssh://", "git://", "git@", "file://"].contains { text.hasPrefix($0) }
  }

  /// Fetches a repository as it was last, or the branch or tag after `#`. Git runs nothing of it: hooks are not cloned, and
  /// links in it become plain files.
  private static func clone(_ given: String) throws -> (folder: String, commit: String) {
    var address = Substring(given)
    if address.hasPrefix("git+") { address = address.dropFirst(4) }
    let parts = address.split(separator: "#", maxSplits: 1)
    var template = Array("\(temporaryFolder)/lunette-XXXXXX".utf8CString)
    guard let url = parts.first, mkdtemp(&template) != nil else { throw PluginError("\(given): no address") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
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
      return (folder, commit.split(separator: "\n").first.map(String.init) ?? "")
    } catch {
      Disk.remove(folder)
      throw error
    }
  }

  private static var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  @discardableResult
  private static func git(_ arguments: [String]) throws -> String {
    setenv("GIT_TERMINAL_PROMPT", "0", 1)
    guard let result = Subprocess.run("git", arguments) else { throw PluginError("git is not installed") }
    guard result.status == 0 else {
      throw PluginError("git \(arguments.last ?? "") failed (status \(result.status))")
    }
    return result.output
  }
}
