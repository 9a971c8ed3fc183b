import Platform

/// The user's tree of installed plugins: `NAME/VERSION/…`, versions side by side, and their list.
public struct PluginTree: Sendable {
  public let root: String
  public var lockPath: String { "\(root)/\(LockFile.name)" }

  /// - Parameter root: made when something is installed.
  public init(root: String) { self.root = root }

  public func folder(_ entry: LockFile.Entry) -> String { folder(entry.name, entry.version) }
  public func folder(_ name: String, _ version: PluginVersion) -> String { "\(root)/\(name)/\(version.text)" }

  public func list() throws -> LockFile { try LockFile(path: lockPath) }

  /// Unpacks a plugin into the tree and lists it. Nothing of it runs.
  ///
  /// - Parameter isGranted: the user allows what the manifest asks for.
  @discardableResult
  public func install(_ package: PluginPackage, source: String, isGranted: Bool) throws -> LockFile.Entry {
    let manifest = package.manifest
    let entry = LockFile.Entry(
      name: manifest.name, version: manifest.version, checksum: package.checksum, source: source,
      granted: isGranted ? manifest.capabilities.sorted() : nil)
    try Disk.makeFolder(root)
    try LockFile.change(lockPath) { list in
      try Disk.makeFolder("\(root)/\(entry.name)")
      try Disk.write(package.tree, to: folder(entry))
      list.put(entry, besideOthers: true)
    }
    return entry
  }

  public func remove(_ entry: LockFile.Entry) throws {
    try LockFile.change(lockPath) { list in
      Disk.remove(folder(entry))
      _ = Disk.names(in: "\(root)/\(entry.name)").isEmpty ? Disk.remove("\(root)/\(entry.name)") : ()
      list.entries.removeAll { $0 == entry }
    }
  }

  /// Throws where the installed files are not those that were installed.
  public func verify(_ entry: LockFile.Entry) throws {
    let folder = folder(entry)
    guard Disk.isFolder(folder) else {
      throw PluginError(
        "the plugin '\(entry.name)' \(entry.version) is not installed: lunette plugin restore")
    }
    guard try Checksum.of(Disk.read(folder)) == entry.checksum else {
      throw PluginError("\(folder): its files are not those that were installed; install it again")
    }
  }
}
