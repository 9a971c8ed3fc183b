import ArgumentParser
import PluginPackages
import Prompt
import Scripting

struct PluginInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Installs plugins for you, and notes them in the project's lock.",
    discussion: """
      A source is a folder, a rock or archive (.zip, .tar, .tar.gz), or a git address (with #branch, #tag or #commit). \
      Nothing of a plugin runs while it is installed.
      """)

  @Argument(help: ArgumentHelp("Where the plugins come from.", valueName: "source"))
  var sources: [String]

  @Flag(help: "Allow them what their manifests ask for, and run them unconfined.")
  var trust = false

  @Flag(name: .customLong("no-lock"), help: "Leave the project's lock as it is.")
  var leavesLock = false

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      let sources = try sources.map { try PluginSource($0) }
      defer { sources.forEach { $0.discard() } }
      let manifests = try sources.map { try $0.package(isGranted: trust).manifest }
      for source in sources {
        try workplace.install(source, isGranted: trust, locks: !leavesLock, among: manifests)
      }
    }
  }
}

struct PluginRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Installs what the project's lock names, exactly.")

  @Flag(help: "Grant what the lock says was granted.")
  var trust = false

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      guard Disk.exists(workplace.projectLock) else {
        throw CommandError("there is no \(LockFile.name) here or above")
      }
      let lock = try LockFile(path: workplace.projectLock)
      let here = try workplace.tree.list()
      var manifests: [Manifest] = []
      var missing: [(source: PluginSource, isGranted: Bool)] = []
      defer { missing.forEach { $0.source.discard() } }
      for entry in lock.entries {
        let found = here.entries.first { $0.name == entry.name && $0.version.text == entry.version.text }
        try Self.checkFiles(found, entry)
        // What was granted was granted to these very files, wherever they are put again.
        let isGranted = found?.granted != nil || trust && entry.granted != nil
        if let found, isGranted == (found.granted != nil), (try? workplace.tree.verify(found)) != nil {
          Terminal.line("\(entry.name) \(entry.version) is installed")
          continue
        }
        let source = try workplace.source(entry)
        missing.append((source, isGranted))
        let package = try source.package(isGranted: isGranted)
        guard package.manifest.name == entry.name, package.manifest.version.text == entry.version.text,
          package.checksum == entry.checksum
        else {
          throw PluginError(
            "\(entry.source): not what \(LockFile.name) names as \(entry.name) \(entry.version)")
        }
        manifests.append(package.manifest)
      }
      for (source, isGranted) in missing {
        try workplace.install(source, isGranted: isGranted, locks: false, among: manifests)
      }
    }
  }

  /// A version is one set of files, for all projects: another project's lock is no reason to replace it, or to take over what was
  /// granted to it.
  private static func checkFiles(_ found: LockFile.Entry?, _ wanted: LockFile.Entry) throws {
    guard let found, found.checksum != wanted.checksum else { return }
    throw PluginError(
      "another '\(wanted.name)' \(wanted.version) is installed, with other files than \(LockFile.name) names: "
        + "remove it first (lunette plugin remove \(wanted.name)), or install it from its source")
  }
}

struct PluginUpgradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade", abstract: "Looks where plugins came from, and installs what is newer there.",
    discussion: "What was granted holds for the files that it was granted to: new files need a new grant.")

  @Argument(help: ArgumentHelp("Which ones. (default: all in the project's lock)", valueName: "name"))
  var names: [String] = []

  @Flag(help: "Allow the new versions what their manifests ask for, and run them unconfined.")
  var trust = false

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      let lock = try LockFile(path: workplace.projectLock)
      for name in names.isEmpty ? lock.entries.map(\.name) : names {
        let entry = try workplace.entry(name)
        let source = try PluginSource(String(entry.source.prefix { $0 != "#" }))
        defer { source.discard() }
        let manifest = try source.package(isGranted: trust).manifest
        guard manifest.name == name else {
          throw PluginError("\(entry.source): now it is '\(manifest.name)'")
        }
        guard manifest.version > entry.version else {
          Terminal.line("\(name) \(entry.version) is the newest")
          continue
        }
        try workplace.install(source, isGranted: trust, locks: true)
        if entry.granted != nil, !trust {
          Terminal.line(
            "  what you granted to \(entry.version) holds for its files alone; --trust grants it to these")
        }
      }
    }
  }
}

struct PluginRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Removes an installed plugin, from the project's lock too.")

  @Argument(help: ArgumentHelp("Which one.", valueName: "name"))
  var name: String

  @Flag(name: .customLong("all"), help: "All its versions.")
  var everything = false

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      let entry = try workplace.entry(name)
      let all = try workplace.tree.list().entries.filter { $0.name == name }
      let removed = everything ? all : [entry]
      for entry in removed {
        try workplace.tree.remove(entry)
        Terminal.line("removed \(entry.name) \(entry.version)")
      }
      if try LockFile(path: workplace.projectLock).newest(name) != nil {
        try LockFile.change(workplace.projectLock) { lock in lock.entries.removeAll { $0.name == name } }
      }
      if let left = try workplace.tree.list().newest(name) {
        let trust = left.granted == nil ? "it runs confined" : "granted"
        Terminal.line(
          "  \(left.name) \(left.version) is still there (\(trust)), and is what scripts find now; --all removes it too"
        )
      }
    }
  }
}
