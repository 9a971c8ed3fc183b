/// A plugin as it will be installed: its manifest and its files, `init.lua` at the top. Everything in it was declared.
public struct PluginPackage: Sendable {
  public let manifest: Manifest
  public let tree: FileTree
  /// What lay beside it that the plugin would use and that its manifest does not declare, so that it is left out: modules, and files
  /// of folders that Lunette looks into.
  public let undeclared: [String]
  /// Of the list of files with their hashes.
  public var checksum: String { Checksum.of(tree) }

  /// - Parameters:
  ///   - file: what errors call it.
  ///   - isGranted: lets unknown fields of the manifest pass.
  ///   - isApart: reads the manifest in a process without rights.
  public init(_ tree: FileTree, file: String, isGranted: Bool = false, isApart: Bool = false) throws {
    do {
      let (manifest, text, tree) = try Self.manifest(in: tree, isGranted: isGranted, isApart: isApart)
      self.manifest = manifest
      var installed =
        tree.files.keys.contains { $0.hasPrefix("lua/") }
        ? try Self.fromRock(tree, manifest) : try Self.fromSource(tree, manifest)
      if !isGranted || !manifest.capabilities.contains(.native) { try Self.refuseNativeCode(installed) }
      installed.files[manifest.fileName] = text
      self.tree = installed
      undeclared = Self.undeclared(in: tree, manifest)
    } catch let error as PluginError {
      throw PluginError(error.message.hasPrefix(file) ? error.message : "\(file): \(error.message)")
    }
  }

  /// The one rockspec at the top; archives may have a folder around, source rocks an archive within.
  private static func manifest(
    in tree: FileTree, isGranted: Bool, isApart: Bool
  ) throws -> (Manifest, [UInt8], FileTree) {
    var tree = tree
    func specs() -> [String] { tree.files.keys.filter { !$0.contains("/") && $0.hasSuffix(".rockspec") } }
    if specs().isEmpty { tree = tree.withoutTopFolder() }
    let names = specs()
    guard let name = names.first else { throw PluginError("there is no rockspec in it") }
    guard names.count == 1 else {
      throw PluginError("there are \(names.count) rockspecs in it, where one is expected")
    }
    let bytes = tree.files[name] ?? []
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PluginError("\(name) is not text")
    }
    let manifest = try Manifest(text, file: name, isGranted: isGranted, isApart: isApart)
    guard name == manifest.fileName else {
      throw PluginError("\(name) says that it is \(manifest.fileName)")
    }
    let archives = tree.files.keys.filter { !$0.contains("/") && isArchive($0) }
    if archives.count == 1, let archive = archives.first, tree.files.count == 2 {
      tree = try Archive.read(tree.files[archive] ?? []).withoutTopFolder()
    } else if let folder = manifest.sourceFolder,
      tree.files.keys.contains(where: { $0.hasPrefix(folder + "/") })
    {
      tree = tree.below(folder)
    }
    return (manifest, bytes, tree)
  }

  private static func isArchive(_ name: String) -> Bool {
    [".zip", ".tar", ".tar.gz", ".tgz"].contains { name.hasSuffix($0) }
  }

  // MARK: What is left out

  /// Folders that Lunette looks into. Tests and examples may stay at home: nobody's scripts come out otherwise without them.
  private static let foldersWithMeaning = ["help", "model", "native"]

  private static func undeclared(in tree: FileTree, _ manifest: Manifest) -> [String] {
    let declared = Set(manifest.modules.values)
    return tree.files.keys.sorted().filter { path in
      let folder = path.contains("/") ? String(path.prefix { $0 != "/" }) : ""
      guard !declared.contains(path), !manifest.folders.contains(folder) else { return false }
      if foldersWithMeaning.contains(folder) { return true }
      return path.hasSuffix(".lua") && !["lua", "doc", "tests", "examples"].contains(folder)
    }
  }

  /// Whoever shares the plugin asks first.
  ///
  /// - Throws: where something would be left out that the plugin would use: it would work for its author alone.
  public func checkDeclared() throws {
    guard let path = undeclared.first else { return }
    let isFolder = Self.foldersWithMeaning.contains { path.hasPrefix($0 + "/") }
    throw PluginError(
      "\(path) would be left out: \(manifest.fileName) does not declare it (in "
        + (isFolder ? "build.copy_directories)" : "build.modules)"))
  }

  // MARK: Layout

  /// Where a module is installed: `daam` is `init.lua`, `daam.maps` is `maps.lua`.
  private static func place(of module: String, file: String) -> String {
    let parts = module.split(separator: ".").dropFirst()
    let isFolder = file == "init.lua" || file.hasSuffix("/init.lua")
    if parts.isEmpty { return "init.lua" }
    return parts.joined(separator: "/") + (isFolder && parts.last != "init" ? "/init.lua" : ".lua")
  }

  private static func fromSource(_ tree: FileTree, _ manifest: Manifest) throws -> FileTree {
    var installed = FileTree()
    for (module, file) in manifest.modules.sorted(by: { $0.key < $1.key }) {
      guard let bytes = tree.files[file] else {
        throw PluginError("its manifest declares \(file) as '\(module)', which is not there")
      }
      try addModule(bytes, module, place(of: module, file: file), to: &installed)
    }
    try addFolders(manifest, tree, to: &installed)
    for (path, bytes) in tree.files where isNotice(path) { installed.files[path] = bytes }
    return installed
  }

  /// A rock that LuaRocks packed after building: modules below `lua/`.
  private static func fromRock(_ tree: FileTree, _ manifest: Manifest) throws -> FileTree {
    var installed = FileTree()
    for folder in ["lib", "bin"] where tree.files.keys.contains(where: { $0.hasPrefix(folder + "/") }) {
      throw PluginError("it contains native code or programs (\(folder)/), which are not installed")
    }
    var left = Set(tree.files.keys.filter { $0.hasPrefix("lua/") })
    for (module, file) in manifest.modules.sorted(by: { $0.key < $1.key }) {
      let path = module.split(separator: ".").joined(separator: "/")
      guard let found = ["lua/\(path)/init.lua", "lua/\(path).lua"].first(where: { tree.files[$0] != nil }),
        let bytes = tree.files[found]
      else { throw PluginError("its manifest declares \(file) as '\(module)', which is not there") }
      left.remove(found)
      try addModule(bytes, module, place(of: module, file: found), to: &installed)
    }
    if let stray = left.sorted().first {
      throw PluginError("it contains \(stray), which its manifest does not declare")
    }
    try addFolders(manifest, tree, to: &installed)
    for (path, bytes) in tree.files where path.hasPrefix("doc/") || isNotice(path) {
      let name = path.hasPrefix("doc/") ? String(path.dropFirst(4)) : path
      if isNotice(name) { installed.files[name] = bytes }
    }
    return installed
  }

  private static func addModule(
    _ bytes: [UInt8], _ module: String, _ place: String, to tree: inout FileTree
  ) throws {
    guard bytes.first != 0x1B else {
      throw PluginError("'\(module)' in it is bytecode, where text is expected")
    }
    guard tree.files[place] == nil else { throw PluginError("two of its modules would be \(place)") }
    tree.files[place] = bytes
  }

  private static func addFolders(_ manifest: Manifest, _ source: FileTree, to tree: inout FileTree) throws {
    for folder in manifest.folders {
      let files = source.files.filter { $0.key.hasPrefix(folder + "/") }
      guard !files.isEmpty else {
        throw PluginError("its manifest declares the folder '\(folder)', which is not there or empty")
      }
      for (path, bytes) in files {
        guard !path.hasSuffix(".lua") || bytes.first != 0x1B else {
          throw PluginError("\(path) in it is bytecode, where text is expected")
        }
        guard tree.files[path] == nil else { throw PluginError("it would install \(path) twice") }
        tree.files[path] = bytes
      }
    }
  }

  private static func refuseNativeCode(_ tree: FileTree) throws {
    let endings = [".so", ".dll", ".dylib"]
    guard
      let path = tree.files.keys.sorted().first(where: { path in endings.contains { path.hasSuffix($0) } })
    else { return }
    throw PluginError(
      "it contains \(path): native code takes the label '\(Capability.native.label)' and your grant (--trust)"
    )
  }

  /// README, CHANGELOG and LICENSE, whatever their endings.
  private static func isNotice(_ path: String) -> Bool {
    let name = path.lowercased()
    return !path.contains("/")
      && ["readme", "changelog", "license", "licence", "copying", "notice"].contains { name.hasPrefix($0) }
  }

  // MARK: Rocks

  /// A rock for every machine, which LuaRocks installs too: `NAME-VERSION.all.rock`.
  public func rock() throws -> (name: String, bytes: [UInt8]) {
    var rock = FileTree()
    let modules = Set(manifest.modules.map { Self.place(of: $0.key, file: $0.value) })
    for (path, bytes) in tree.files {
      if modules.contains(path) {
        rock.files["lua/\(manifest.name)/\(path)"] = bytes
      } else {
        rock.files[Self.isNotice(path) ? "doc/\(path)" : path] = bytes
      }
    }
    return ("\(manifest.name)-\(manifest.version).all.rock", try ZipArchive.write(rock))
  }
}
