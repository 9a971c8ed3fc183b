/// What lies in an archive or a folder: plain files by path, nothing else.
public struct FileTree: Sendable, Equatable {
  public var files: [String: [UInt8]] = [:]

  /// No plugin is larger than this, unpacked.
  static let largest = 1 << 30
  static let mostFiles = 10_000

  public init(_ files: [String: [UInt8]] = [:]) { self.files = files }

  /// - Parameter isFolder: an entry that only names a folder.
  mutating func add(_ written: String, _ bytes: @autoclosure () throws -> [UInt8], isFolder: Bool) throws {
    var path = Substring(written)
    while path.hasPrefix("./") { path = path.dropFirst(2) }
    while isFolder, path.hasSuffix("/") { path = path.dropLast() }
    if isFolder, path.isEmpty || path == "." { return }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    // What hides, as .gitignore, stays behind; what leads out is refused.
    let hides = parts.contains { $0.hasPrefix(".") && $0 != "." && $0 != ".." }
    let visible = parts.map { $0.hasPrefix(".") && $0 != "." && $0 != ".." ? $0.dropFirst() + "x" : $0 }
    guard RelativePath.isPlain(visible.joined(separator: "/")) else {
      throw PluginError("it contains '\(written)', which is not a path within a plugin")
    }
    if isFolder || hides { return }
    guard files[String(path)] == nil else { throw PluginError("it contains '\(path)' twice") }
    guard files.count < Self.mostFiles else { throw PluginError("it has more than \(Self.mostFiles) files") }
    files[String(path)] = try bytes()
  }

  /// The tree within the only folder at the top, where there is nothing else.
  func withoutTopFolder() -> FileTree {
    let tops = Set(files.keys.map { $0.split(separator: "/").first.map(String.init) ?? "" })
    guard tops.count == 1, let top = tops.first, files[top] == nil else { return self }
    return below(top)
  }

  /// The files below a folder.
  func below(_ folder: String) -> FileTree {
    FileTree(
      Dictionary(
        uniqueKeysWithValues: files.compactMap { path, bytes in
          path.hasPrefix(folder + "/") ? (String(path.dropFirst(folder.count + 1)), bytes) : nil
        }))
  }
}

/// Archives as plugins come in them, told apart by their first bytes.
public enum Archive {
  public static func read(_ bytes: [UInt8]) throws -> FileTree {
    if bytes.starts(with: [0x50, 0x4B]) { return try ZipArchive.read(bytes) }
    if bytes.starts(with: [0x1F, 0x8B]) {
      return try TarArchive.read(Inflate.unpack(bytes[...], .gzip, limit: FileTree.largest))
    }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) { return try TarArchive.read(bytes) }
    throw PluginError("it is not an archive: a rock, .zip, .tar or .tar.gz expected")
  }
}
