import Glibc
import Platform
import PluginPackages

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
    return try PluginPackage(tree, file: text, isGranted: isGranted, isApart: true)
  }

  /// Takes away what was fetched.
  func discard() {
    temporary?.remove()
  }

  // MARK: Git

  private static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("git+") || text.firstRange(of: "://") != nil || text.hasPrefix("git@")
  }

  /// The address as git is given it. Git knows others, some of which run programs (`ext::`) or read our descriptors (`fd::`).
  private static func address(_ given: String, hasCommit: Bool) throws -> String {
    let text = given.hasPrefix("git+") ? String(given.dropFirst(4)) : given
    func refusal(_ why: String) -> PluginError { PluginError("\(given): \(why)") }
    let known = "https://…, ssh://…, git@host:…, file://… and git://…#commit"
    guard let mark = text.firstRange(of: "://") else {
      // As scp writes it: user@host:path.
      let parts = text.split(separator: ":", maxSplits: 1)
      guard text.hasPrefix("git@"), parts.count == 2, !parts[1].hasPrefix(":"),
        parts[0].dropFirst(4).first != "-"
      else {
        throw refusal("no address that plugins come from: \(known)")
      }
      return text
    }
    let rest = text[mark.upperBound...]
    guard !rest.hasPrefix("-"), !rest.isEmpty else { throw refusal("no address") }
    switch text[..<mark.lowerBound] {
    case "https", "ssh", "file": return text
    case "git":
      // Nobody vouches for what comes that way; a commit's name does.
      guard hasCommit else {
        throw refusal("git:// is not protected on its way: it takes the whole name of a commit, #0123…")
      }
      return text
    case "http": throw refusal("http:// is not protected on its way: https:// is")
    default: throw refusal("no address that plugins come from: \(known)")
    }
  }

  private static func isCommit(_ reference: String?) -> Bool {
    reference.map { $0.utf8.count == 40 && $0.allSatisfy(\.isHexDigit) } ?? false
  }

  /// Fetches a repository as it was last, or the branch or tag after `#`. Git runs nothing of it: hooks are not cloned, and
  /// links in it become plain files.
  private static func clone(_ given: String) throws -> (folder: TemporaryFolder, commit: String) {
    let parts = given.split(separator: "#", maxSplits: 1).map(String.init)
    guard let written = parts.first else { throw PluginError("\(given): no address") }
    let reference = parts.count > 1 ? parts[1] : nil
    let url = try address(written, hasCommit: isCommit(reference))
    if let reference, reference.hasPrefix("-") || reference.isEmpty {
      throw PluginError("\(given): '\(reference)' is neither a branch nor a tag")
    }
    let temporary: TemporaryFolder
    do { temporary = try TemporaryFolder("lunette-") } catch {
      throw PluginError("no place for what Git fetches: \(error)")
    }
    let folder = temporary.path
    do {
      if let reference, isCommit(reference) {
        try git(folder, ["init", "--quiet", "--template=", "."])
        try git(
          folder, ["fetch", "--quiet", "--depth", "1", "--no-recurse-submodules", "--", url, reference])
        try git(folder, ["checkout", "--quiet", "--detach", "FETCH_HEAD"])
      } else {
        try git(
          folder,
          ["clone", "--quiet", "--depth", "1", "--no-recurse-submodules", "--template="]
            + (reference.map { ["--branch", $0] } ?? []) + ["--", url, "."])
      }
      let commit = try git(folder, ["rev-parse", "HEAD"])
      return (temporary, commit.split(separator: "\n").first.map(String.init) ?? "")
    } catch {
      temporary.remove()
      throw error
    }
  }

  /// What a repository, or an environment that came with a project, could have git run.
  private static let safety = [
    "core.symlinks=false", "core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.allow=never",
    "protocol.https.allow=always", "protocol.ssh.allow=always", "protocol.file.allow=always",
    "protocol.git.allow=always",
    "submodule.recurse=false", "core.pager=cat",
  ]

  @discardableResult
  private static func git(_ folder: String, _ arguments: [String]) throws -> String {
    let environment =
      Subprocess.environment.filter { !$0.hasPrefix("GIT_") }
      + [
        "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:ssh:file:git",
        "GIT_CEILING_DIRECTORIES=\(Folder.parent(of: folder))",
      ]
    let all = ["-C", folder] + safety.flatMap { ["-c", $0] } + arguments
    let ran: (status: Int32, output: [UInt8])?
    do { ran = try Subprocess.run("git", all, environment: environment) } catch {
      throw PluginError(error.description)
    }
    guard let result = ran else { throw PluginError("git is not installed") }
    guard result.status == 0, !TemporaryFolder.isAskedToEnd else {
      throw PluginError("git \(arguments.first ?? "") failed (status \(result.status))")
    }
    return String(decoding: result.output, as: UTF8.self)
  }
}
