import Platform

/// SHA-256 of files and folders.
public enum Checksum {
  /// The hash of the sorted list of files with their hashes, as `sha256sum` writes it.
  public static func of(_ tree: FileTree) -> String {
    let lines = tree.files.sorted { $0.key < $1.key }.map { "\(of($0.value))  \($0.key)\n" }
    return of(Array(lines.joined().utf8))
  }

  public static func of(_ bytes: [UInt8]) -> String { SHA256(bytes).description }
}
