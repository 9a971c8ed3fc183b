import ArgumentParser
import Encoding
import Platform
import PluginPackages
import Prompt
import Scripting

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Writes, tests, packs, installs and removes plugins.",
    subcommands: [
      PluginNewCommand.self, PluginTestCommand.self, PluginCheckCommand.self, PluginPackCommand.self,
      PluginInstallCommand.self, PluginRestoreCommand.self, PluginUpgradeCommand.self, PluginListCommand.self,
      PluginInfoCommand.self, PluginRemoveCommand.self, PluginRunCommand.self,
    ])
}

/// The user's tree and the project's lock, which most of the commands work on.
struct PluginWorkplace {
  let tree: PluginTree
  /// The project's lock: the nearest above, else one in the current folder.
  let projectLock: String

  init() throws {
    guard let tree = Installation.pluginTree else {
      throw CommandError("neither HOME nor XDG_DATA_HOME is set")
    }
    self.tree = tree
    projectLock = LockFile.project(of: ".") ?? LockFile.name
  }

  /// The installed plugin that is meant: the project's version, else the newest.
  func entry(_ name: String) throws -> LockFile.Entry {
    let list = try tree.list()
    let wanted = try LockFile(path: projectLock).newest(name)?.version.text
    let found =
      wanted.map { text in list.entries.first { $0.name == name && $0.version.text == text } }
      ?? list.newest(name)
    guard let found else { throw PluginError("the plugin '\(name)' is not installed") }
    return found
  }

  /// Unpacks and lists a plugin, after everything about it was said.
  func install(_ source: PluginSource, isGranted: Bool, locks: Bool, among others: [Manifest] = []) throws {
    let package = try source.package(isGranted: isGranted)
    let manifest = package.manifest
    try check(manifest, among: others)
    let entry = try tree.install(package, source: source.text, isGranted: isGranted)
    if locks {
      var entry = entry
      entry.source = relative(entry.source)
      try LockFile.change(projectLock) { $0.put(entry, besideOthers: false) }
    }
    Terminal.line(
      "installed \(entry.name) \(entry.version)\(Self.summary(manifest)) in \(tree.folder(entry))")
    for path in package.undeclared {
      Terminal.note("warning: \(path) is not installed: \(manifest.fileName) does not declare it")
    }
    for capability in manifest.capabilities.sorted() {
      let answer = isGranted ? "granted" : "not granted; --trust grants it"
      Terminal.line("  asks to \(capability.meaning) (\(capability.label)): \(answer)")
    }
    if manifest.capabilities.isEmpty {
      Terminal.line(isGranted ? "  granted: it runs unconfined" : "  it asks for nothing: it runs confined")
    }
  }

  /// The folder of the project's lock.
  private var projectFolder: String {
    LockFile.absolute(projectLock.contains("/") ? Folder.parent(of: projectLock) : ".") ?? "."
  }

  /// As a project's lock has it: relative to the project, where the source lies in it.
  private func relative(_ source: String) -> String {
    source.hasPrefix(projectFolder + "/") ? "./" + source.dropFirst(projectFolder.count + 1) : source
  }

  /// What a project's lock names.
  func source(_ entry: LockFile.Entry) throws -> PluginSource {
    try PluginSource(entry.source.hasPrefix("./") ? projectFolder + entry.source.dropFirst() : entry.source)
  }

  private static func summary(_ manifest: Manifest) -> String {
    manifest.summary.isEmpty ? "" : " (\(manifest.summary.oneLine(of: 200)))"
  }

  /// Names, versions and needs, before anything is written.
  private func check(_ manifest: Manifest, among others: [Manifest]) throws {
    if let shipped = Installation.shippedPluginFolder, Disk.isFolder("\(shipped)/\(manifest.name)") {
      throw PluginError("'\(manifest.name)' is the name of a plugin that comes with Lunette")
    }
    if let needed = manifest.lunette, let here = PluginVersion(Installation.version), !needed.admits(here) {
      throw PluginError("'\(manifest.name)' needs \(needed); this is \(here)")
    }
    if let needed = manifest.lua, let here = PluginVersion("5.4"), !needed.admits(here) {
      throw PluginError("'\(manifest.name)' needs \(needed); Lunette has Lua \(here)")
    }
    let finder = PluginFinder.standard()
    for dependency in manifest.dependencies {
      if others.contains(where: { $0.name == dependency.name && dependency.admits($0.version) }) { continue }
      let found = try finder.find(dependency.name).flatMap {
        try finder.manifest(of: $0, isApart: $0.trust == .none)
      }
      guard let found else {
        throw PluginError("'\(manifest.name)' needs '\(dependency)', which is not installed: name it too")
      }
      guard dependency.admits(found.version) else {
        throw PluginError("'\(manifest.name)' needs '\(dependency)'; there is \(found.version)")
      }
    }
  }
}

/// Errors about plugins end a command as others do.
func reporting<R>(_ body: () throws -> R) throws -> R {
  do { return try body() } catch let error as PluginError {
    throw CommandError(error.message)
  } catch let error as ScriptingError { throw CommandError(error.message) }
}
