import PluginPackages

/// Where a session finds plugins, and what they say about themselves.
public struct PluginFinder: Sendable {
  /// Below which all of them lie.
  public let folders: [String]
  /// Whether a plugin without grant may be found.
  public let mayNeedConfinement: Bool
  private let search: @Sendable (String) throws -> LocatedPlugin?

  public init(
    folders: [String], mayNeedConfinement: Bool = true,
    _ search: @escaping @Sendable (String) throws -> LocatedPlugin?
  ) {
    self.folders = folders
    self.mayNeedConfinement = mayNeedConfinement
    self.search = search
  }

  public func find(_ name: String) throws -> LocatedPlugin? { try search(name) }

  /// What comes with the program, what lies in the folders for plugins, and the user's tree of installed plugins, of which
  /// the project that `folder` belongs to chooses the versions.
  public static func standard(for folder: String = ".") -> PluginFinder {
    let tree = Installation.pluginTree
    let loose = Installation.pluginFolders.filter { $0 != Installation.shippedPluginFolder }
    let list = Result { try tree?.list() ?? LockFile() }
    let project = Result { try LockFile.project(of: folder).map(LockFile.init(path:)) }
    let isOpen =
      loose.contains { !Disk.names(in: $0).isEmpty }
      || (try? list.get().entries.contains { $0.granted == nil }) ?? true
    return PluginFinder(
      folders: Installation.pluginFolders + (tree.map { [$0.root] } ?? []), mayNeedConfinement: isOpen
    ) { name in
      if let tree, let entry = try chosen(name, list.get(), project.get()) {
        return try located(entry, in: tree)
      }
      guard let found = Installation.plugin(named: name) else { return nil }
      let isShipped = Installation.shippedPluginFolder.map { found == "\($0)/\(name)" } ?? false
      return LocatedPlugin(name: name, folder: found, trust: isShipped ? .shipped : .none)
    }
  }

  /// The entry of the user's list that is meant: the project's version, else the newest.
  private static func chosen(_ name: String, _ list: LockFile, _ project: LockFile?) throws -> LockFile.Entry?
  {
    guard let wanted = project?.newest(name) else { return list.newest(name) }
    let found = list.entries.first { $0.name == name && $0.version.text == wanted.version.text }
    guard let found else {
      throw ScriptingError("the plugin '\(name)' \(wanted.version) is not installed: lunette plugin restore")
    }
    guard found.checksum == wanted.checksum else {
      throw ScriptingError(
        "the plugin '\(name)' \(wanted.version) that is installed is not the one that \(LockFile.name) names")
    }
    return found
  }

  private static func located(_ entry: LockFile.Entry, in tree: PluginTree) throws -> LocatedPlugin {
    try tree.verify(entry)
    return LocatedPlugin(
      name: entry.name, folder: tree.folder(entry), trust: entry.granted == nil ? .none : .granted,
      capabilities: Set(entry.granted ?? []))
  }

  /// The names of all plugins that can be found, sorted.
  public var names: [String] {
    var names = Set(Installation.pluginNames)
    for entry in (try? Installation.pluginTree?.list().entries) ?? [] { names.insert(entry.name) }
    return names.sorted()
  }

  /// The plugin's manifest, nil where it has none.
  ///
  /// - Parameter isApart: reads it in a process without rights, where this one has some.
  public func manifest(of plugin: LocatedPlugin, isApart: Bool = false) throws -> Manifest? {
    let names = Disk.names(in: plugin.folder).filter { $0.hasSuffix(".rockspec") }
    guard let name = names.first else { return nil }
    guard names.count == 1 else {
      throw ScriptingError("\(plugin.folder): \(names.count) rockspecs, where one is expected")
    }
    let files = FileAccess(readable: [plugin.folder], writable: [], subject: "a plugin")
    let path = "\(plugin.folder)/\(name)"
    let text = String(decoding: try files.read(path), as: UTF8.self)
    let manifest = try Manifest(text, file: path, isGranted: plugin.trust == .granted, isApart: isApart)
    guard manifest.name == plugin.name else {
      throw ScriptingError("\(path): the package is called '\(manifest.name)', not '\(plugin.name)'")
    }
    return manifest
  }
}
