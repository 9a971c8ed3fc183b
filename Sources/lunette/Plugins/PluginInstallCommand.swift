import ArgumentParser
import Plugins
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
      var missing: [(PluginSource, LockFile.Entry)] = []
      defer { missing.forEach { $0.0.discard() } }
      for entry in lock.entries {
        let found = here.entries.first { $0.name == entry.name && $0.version.text == entry.version.text }
        let needsGrant = trust && entry.granted != nil && found?.granted == nil
        if let found, found.checksum == entry.checksum, !needsGrant,
          (try? workplace.tree.verify(found)) != nil
        {
          Terminal.print("\(entry.name) \(entry.version) is installed\n")
          continue
        }
        let source = try workplace.source(entry)
        missing.append((source, entry))
        let package = try source.package(isGranted: trust && entry.granted != nil)
        guard package.manifest.name == entry.name, package.checksum == entry.checksum else {
          throw PluginError(
            "\(entry.source): not what \(LockFile.name) names as \(entry.name) \(entry.version)")
        }
        manifests.append(package.manifest)
      }
      for (source, entry) in missing {
        try workplace.install(
          source, isGranted: trust && entry.granted != nil, locks: false, among: manifests)
      }
    }
  }
}

struct PluginUpgradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade", abstract: "Looks where plugins came from, and installs what is newer there.")

  @Argument(help: ArgumentHelp("Which ones. (default: all in the project's lock)", valueName: "name"))
  var names: [String] = []

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      let lock = try LockFile(path: workplace.projectLock)
      for name in names.isEmpty ? lock.entries.map(\.name) : names {
        let entry = try workplace.entry(name)
        let source = try PluginSource(String(entry.source.prefix { $0 != "#" }))
        defer { source.discard() }
        let manifest = try source.package(isGranted: entry.granted != nil).manifest
        guard manifest.name == name else {
          throw PluginError("\(entry.source): now it is '\(manifest.name)'")
        }
        guard manifest.version > entry.version else {
          Terminal.print("\(name) \(entry.version) is the newest\n")
          continue
        }
        // What was granted holds for what was asked then.
        let more = manifest.capabilities.subtracting(entry.granted ?? [])
        try workplace.install(source, isGranted: entry.granted != nil && more.isEmpty, locks: true)
      }
    }
  }
}

struct PluginRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Removes an installed plugin, from the project's lock too.")

  @Argument(help: ArgumentHelp("Which one.", valueName: "name"))
  var name: String

  func run() throws {
    try reporting {
      let workplace = try PluginWorkplace()
      let entry = try workplace.entry(name)
      try workplace.tree.remove(entry)
      if try LockFile(path: workplace.projectLock).newest(name) != nil {
        try LockFile.change(workplace.projectLock) { lock in lock.entries.removeAll { $0.name == name } }
      }
      Terminal.print("removed \(entry.name) \(entry.version)\n")
    }
  }
}
