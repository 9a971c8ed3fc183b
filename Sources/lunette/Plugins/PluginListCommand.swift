import ArgumentParser
import PluginPackages
import Prompt
import Scripting

struct PluginListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the plugins that scripts here can require.")

  func run() throws {
    try reporting {
      for line in PluginOverview.lines() { Terminal.line(line) }
    }
  }
}

/// Who is there, and who may do what.
enum PluginOverview {
  /// "daam  1.0-1  comes with Lunette".
  static func lines() -> [String] {
    let finder = PluginFinder.standard()
    let rows = finder.names.map { name -> [String] in
      do {
        guard let plugin = try finder.find(name) else { return [name, "", "not found"] }
        let manifest = try finder.manifest(of: plugin, isApart: plugin.trust == .none)
        return [name, manifest?.version.text ?? "–", trust(plugin, manifest)]
      } catch { return [name, "", "\(error)"] }
    }
    let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = (0..<2).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
      return (cells + [row[2]]).joined(separator: "  ")
    }
  }

  static func trust(_ plugin: LocatedPlugin, _ manifest: Manifest?) -> String {
    let asked = manifest?.capabilities ?? []
    switch plugin.trust {
    case .shipped: return "comes with Lunette"
    case .granted where plugin.capabilities.isEmpty: return "granted: runs unconfined"
    case .granted:
      return "granted: may " + plugin.capabilities.sorted().map(\.meaning).joined(separator: ", ")
    case .none where asked.isEmpty: return "runs confined"
    case .none: return "runs confined; asks to " + asked.sorted().map(\.meaning).joined(separator: ", ")
    }
  }
}

struct PluginInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Says what a plugin is, where it lies and what it may do.")

  @Argument(help: ArgumentHelp("An installed plugin, or a folder or archive.", valueName: "name|source"))
  var plugin: String

  func run() throws {
    try reporting {
      if PluginName.isValid(plugin), let found = try PluginFinder.standard().find(plugin) {
        let manifest = try PluginFinder.standard().manifest(of: found, isApart: found.trust == .none)
        if let manifest { show(manifest) } else { line("name", found.name) }
        line("trust", PluginOverview.trust(found, manifest))
        line("folder", found.folder)
        line("sha256", try Checksum.of(Disk.read(found.folder)))
        return
      }
      let source = try PluginSource(plugin)
      defer { source.discard() }
      let package = try source.package(isGranted: true)
      show(package.manifest)
      line("files", "\(package.tree.files.count)")
      line("sha256", package.checksum)
    }
  }

  private func show(_ manifest: Manifest) {
    line("name", manifest.name)
    line("version", manifest.version.text)
    line("summary", manifest.summary)
    line("license", manifest.license)
    line("homepage", manifest.homepage)
    line("needs", manifest.dependencies.map(\.text).joined(separator: "; "))
    line(
      "asks for", manifest.capabilities.sorted().map { "\($0.meaning) (\($0.label))" }.joined(separator: "; ")
    )
    line("modules", manifest.modules.keys.sorted().joined(separator: " "))
    line("folders", manifest.folders.joined(separator: " "))
  }

  private func line(_ name: String, _ value: String) {
    guard !value.isEmpty else { return }
    Terminal.line("  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + value)
  }
}
