import Glibc
import Platform
import PluginPackages
import Scripting

/// A plugin that is being written: a folder with a rockspec.
struct PluginWorkshop {
  let folder: String
  let tree: FileTree
  let package: PluginPackage
  var manifest: Manifest { package.manifest }

  init(_ folder: String) throws {
    guard let resolved = LockFile.absolute(folder) else {
      throw PluginError("\(folder): \(String(cString: strerror(errno)))")
    }
    self.folder = resolved
    tree = try Disk.read(resolved)
    package = try PluginPackage(tree, file: folder, isGranted: true, isApart: true)
    // What is strict about it is said here, not first at its users'.
    let text = tree.files[manifest.fileName].map { String(decoding: $0, as: UTF8.self) } ?? ""
    _ = try Manifest(text, file: manifest.fileName, isApart: true)
  }

  /// Sees the plugin where it is written, and everything else where it is installed.
  var finder: PluginFinder {
    let (name, folder) = (manifest.name, folder)
    let others = PluginFinder.standard(for: folder)
    return PluginFinder(folders: others.folders + [folder]) { wanted in
      wanted == name ? LocatedPlugin(name: name, folder: folder, trust: .none) : try others.find(wanted)
    }
  }

  /// A message that begins with a file of the plugin, however Lua has cut its path, with the path from the plugin's folder.
  func within(_ message: String) -> Substring {
    guard let folder = message.firstRange(of: "/\(Folder.name(of: folder))/"),
      !message[..<folder.lowerBound].contains(where: { $0 == ":" || $0.isWhitespace })
    else { return message[...] }
    return message[folder.upperBound...]
  }

  /// The scripts that show it, by file.
  var examples: [String] {
    tree.files.keys.filter { $0.hasPrefix("examples/") && $0.hasSuffix(".lua") }.sorted()
  }

  /// The tests' modules, `NAME.tests.words_test`, by file.
  var tests: [(file: String, module: String)] {
    tree.files.keys.filter { $0.hasPrefix("tests/") && $0.hasSuffix("_test.lua") }.sorted().map { file in
      (file, manifest.name + "." + file.dropLast(4).split(separator: "/").joined(separator: "."))
    }
  }
}
