import Glibc
import Platform
import PluginPackages

/// Where this program finds what belongs to it: relative to itself, whether it was installed or built in a checkout.
public enum Installation {
  public static let version = "0.1.0"

  /// The folders that are searched for plugins, first those of the user: `LUNETTE_PLUGINS` (separated by colons),
  /// `$XDG_DATA_HOME/lunette/plugins`, then the plugins that ship with the program.
  public static var pluginFolders: [String] {
    var folders = (Environment["LUNETTE_PLUGINS"] ?? "").split(separator: ":").map(String.init)
    if let userFolder { folders.append(userFolder + "/plugins") }
    if let shipped = shippedPluginFolder { folders.append(shipped) }
    return folders
  }

  private static var userFolder: String? { Environment.dataFolder.map { $0 + "/lunette" } }

  /// The folder of a plugin, in the first of `pluginFolders` that has it.
  public static func plugin(named name: String) -> String? {
    guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else { return nil }
    return pluginFolders.lazy.map { "\($0)/\(name)" }.first(where: Folder.exists)
  }

  /// The names of all plugins that can be found, sorted.
  public static var pluginNames: [String] {
    Set(pluginFolders.flatMap(Disk.names)).filter { plugin(named: $0) != nil }.sorted()
  }

  /// The user's installed plugins: `$XDG_DATA_HOME/lunette/installed`.
  public static var pluginTree: PluginTree? { userFolder.map { PluginTree(root: $0 + "/installed") } }

  /// `PREFIX/share/lunette` of an installed program, the checkout's root of a built one.
  public static let root: String? = {
    guard let program = programPath else { return nil }
    var folder = parent(of: program)
    let installed = parent(of: folder) + "/share/lunette"
    if Folder.exists(installed + "/Plugins") { return installed }
    while !folder.isEmpty {
      if FileBytes.canRead(folder + "/Package.swift"), Folder.exists(folder + "/Plugins") { return folder }
      folder = parent(of: folder)
    }
    return nil
  }()

  /// `PREFIX/lib/lunette` of a program that carries its libraries: the archive's.
  public static var libraryFolder: String? {
    programPath.map { parent(of: parent(of: $0)) + "/lib/lunette" }.flatMap { Folder.exists($0) ? $0 : nil }
  }

  /// For the end of a message that something is not there: why it may not be, where nothing is that came with the program; else nothing.
  public static var absenceHint: String {
    guard root == nil else { return "" }
    return
      "; what comes with Lunette is missing: \(programPath ?? "the program") stands neither in a checkout nor in PREFIX/bin "
      + "beside PREFIX/share/lunette"
  }

  /// The folder of the plugins that came with the program.
  public static var shippedPluginFolder: String? {
    root.map { $0 + "/Plugins" }.flatMap { Folder.exists($0) ? $0 : nil }
  }

  /// The folder of the scripts that came with the program.
  public static var scriptFolder: String? {
    root.map { $0 + "/Scripts" }.flatMap { Folder.exists($0) ? $0 : nil }
  }

  /// The names of the scripts in a folder, sorted.
  public static func scriptNames(in folder: String) -> [String] {
    Disk.names(in: folder).filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// The folder of the Lua reference, one page per module.
  public static var referenceFolder: String? {
    root.map { $0 + "/Docs/lua" }.flatMap { Folder.exists($0) ? $0 : nil }
  }

  /// The program's own file, with links resolved.
  public static var programPath: String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return nil }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // What the system says of a program whose file was replaced while it runs.
    let mark = " (deleted)"
    return path.hasSuffix(mark) && access(path, F_OK) != 0 ? String(path.dropLast(mark.count)) : path
  }

  /// The whole path of a folder that something lies in; empty for the root's.
  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
