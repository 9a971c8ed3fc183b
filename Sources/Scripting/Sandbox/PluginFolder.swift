import Glibc
import PluginPackages

/// What lies in a plugin's folder that nobody has installed, and so nobody has looked through.
enum PluginFolder {
  /// Throws where a file below leads out of the plugin's folder: what the host opens there it opens for the plugin.
  static func checkLinks(below folder: String, of plugin: String) throws {
    guard let root = LockFile.absolute(plugin) else { return }
    var pending = [folder]
    var count = 0
    while let path = pending.popLast() {
      for name in [""] + Disk.names(in: path) {
        let inner = name.isEmpty ? path : "\(path)/\(name)"
        count += 1
        guard count <= 100_000 else { throw ScriptingError("\(plugin): it has more than 100,000 files") }
        var status = stat()
        guard lstat(inner, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFLNK {
          guard let target = LockFile.absolute(inner), target.hasPrefix(root + "/") else {
            throw ScriptingError("\(inner): a link that leads out of the plugin's folder")
          }
        } else if !name.isEmpty, status.st_mode & S_IFMT == S_IFDIR {
          pending.append(inner)
        }
      }
    }
  }
}
