import Platform

/// SHA-256 of files and folders.
public enum Checksum {
  /// The hash of the sorted list of files with their hashes, as `sha256sum` writes it.
  public static func of(_ tree: FileTree) -> String {
    FileHash.sha256(listing: tree.files.sorted { $0.key < $1.key }.map { ($0.key, of($0.value)) })
  }

  public static func of(_ bytes: [UInt8]) -> String { SHA256(bytes).description }
}
