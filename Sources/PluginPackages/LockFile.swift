import Encoding
import Glibc
import Platform

/// `lunette-plugins.lock`: which plugins a project uses, each at one version with the hash of its files.
///
/// The same file in the user's own tree is the list of what is installed, and there alone do grants count: a project's
/// lock comes with the project, from whoever wrote it.
public struct LockFile: Sendable, Equatable {
  public static let name = "lunette-plugins.lock"

  public struct Entry: Sendable, Equatable {
    public var name: String
    public var version: PluginVersion
    /// SHA-256 of the installed files, see `Checksum`.
    public var checksum: String
    /// A file, a folder or a git address, to install it again.
    public var source: String
    /// What the user allows it; nil: nothing, and it runs confined. Granted but empty: it runs unconfined.
    public var granted: [Capability]?

    public init(
      name: String, version: PluginVersion, checksum: String, source: String, granted: [Capability]?
    ) {
      self.name = name
      self.version = version
      self.checksum = checksum
      self.source = source
      self.granted = granted
    }
  }

  public var entries: [Entry] = []

  public init() {}

  /// An empty one where there is no file.
  public init(path: String) throws {
    guard Disk.exists(path) else { return }
    do {
      let json = try JSON(parsing: Disk.readFile(path))
      guard json["lunette_plugins"]?.int == 1, let list = json["plugins"]?.array else {
        throw PluginError("no list of plugins that this version of Lunette can read")
      }
      entries = try list.map(Self.entry)
    } catch let error as PluginError {
      throw PluginError(error.message.hasPrefix(path) ? error.message : "\(path): \(error.message)")
    } catch { throw PluginError("\(path): \(error)") }
  }

  private static func entry(_ json: JSON) throws -> Entry {
    guard let name = json["name"]?.string, PluginName.isValid(name) else {
      throw PluginError("an entry without a name")
    }
    guard !PluginName.isReserved(name) else { throw PluginError("'\(name)' cannot be the name of a plugin") }
    guard let version = json["version"]?.string.flatMap({ PluginVersion($0) }) else {
      throw PluginError("'\(name)' has no version")
    }
    guard let checksum = json["sha256"]?.string, checksum.utf8.count == 64 else {
      throw PluginError("'\(name)' has no sha256")
    }
    let granted = try json["granted"]?.array?.map { item in
      guard let capability = item.string.flatMap({ Capability(rawValue: $0) }) else {
        throw PluginError("'\(name)' has a grant that does not exist: \(item)")
      }
      return capability
    }
    return Entry(
      name: name, version: version, checksum: checksum, source: json["source"]?.string ?? "", granted: granted
    )
  }

  /// Reads a lock file, lets `body` change it and writes it, while nobody else does. What `body` does besides is done alone too.
  public static func change(_ path: String, _ body: (inout LockFile) throws -> Void) throws {
    let held: FileLock
    do { held = try FileLock("\(Disk.parent(of: path))/.\(Folder.name(of: path)).held") } catch {
      throw PluginError(error.description)
    }
    defer { held.release() }
    var file = try LockFile(path: path)
    try body(&file)
    try file.write(to: path)
  }

  private func write(to path: String) throws {
    let list = entries.map { entry -> JSON in
      var fields: JSON.Object = [
        "name": .string(entry.name), "version": .string(entry.version.text),
        "sha256": .string(entry.checksum),
        "source": .string(entry.source),
      ]
      if let granted = entry.granted { fields["granted"] = .array(granted.map { .string($0.rawValue) }) }
      return .object(fields)
    }
    let json: JSON = ["lunette_plugins": 1, "plugins": .array(list)]
    try Disk.writeFile(Array((json.text(indent: 2) + "\n").utf8), to: path)
  }

  /// Puts an entry in the place of that plugin's other versions, or beside them.
  public mutating func put(_ entry: Entry, besideOthers: Bool) {
    entries.removeAll { $0.name == entry.name && (!besideOthers || $0.version.text == entry.version.text) }
    entries.append(entry)
    entries.sort { ($0.name, $0.version) < ($1.name, $1.version) }
  }

  /// The newest version of a plugin.
  public func newest(_ name: String) -> Entry? { entries.last { $0.name == name } }

  /// The lock of the project that a folder belongs to: in it, or in one above.
  public static func project(of folder: String) -> String? {
    guard var folder = absolute(folder) else { return nil }
    while true {
      let path = folder == "/" ? "/" + name : "\(folder)/\(name)"
      if Disk.exists(path) { return path }
      if folder == "/" || folder.isEmpty { return nil }
      folder = Disk.parent(of: folder)
      if folder.isEmpty { folder = "/" }
    }
  }

  /// The path with links resolved.
  public static func absolute(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
