/// SHA-256 of files and folders, as lower-case hexadecimal digits.
public enum FileHash {
  /// The hash of a file or of a whole folder: of the list of its files with their hashes. nil where there is neither.
  public static func sha256(of path: String) -> String? {
    guard Folder.exists(path) else { return hash(ofFile: path) }
    return sha256(listing: list(below: path).map { ($0, hash(ofFile: path + "/" + $0) ?? "-") })
  }

  /// The hash of a list of files with their hashes, as `sha256sum` writes it.
  public static func sha256(listing files: [(name: String, hash: String)]) -> String {
    SHA256(Array(files.map { "\($0.hash)  \($0.name)\n" }.joined().utf8)).description
  }

  private static func hash(ofFile path: String) -> String? { try? SHA256(file: path).description }

  /// All files below a folder, as paths relative to it, sorted; without what hides.
  public static func list(below folder: String) -> [String] {
    var found: [String] = []
    var pending = [""]
    while let relative = pending.popLast() {
      for name in Folder.names(in: folder + "/" + relative) where !name.hasPrefix(".") {
        let path = relative.isEmpty ? name : relative + "/" + name
        if Folder.exists(folder + "/" + path) { pending.append(path) } else { found.append(path) }
      }
    }
    return found.sorted()
  }
}
