import CKernels
import Glibc

/// Reading and writing, with errors that name the file; without `Foundation`, which would double the start-up time.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure(path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    guard ferror(file) == 0 else { throw failure(path) }
    return bytes
  }

  /// Writes a file beside its place and moves it there, so that a reader never sees half of it.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let draft = path + ".part"
    guard let file = fopen(draft, "wb") else { throw failure(path) }
    let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard fclose(file) == 0, isWritten, rename(draft, path) == 0 else {
      let error = failure(path)
      unlink(draft)
      throw error
    }
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      guard mkdir(built, 0o777) == 0 || errno == EEXIST else { throw failure(path) }
    }
    guard isFolder(path) else { throw CommandError("\(path): Not a directory") }
    guard access(path, W_OK | X_OK) == 0 else { throw failure(path) }
  }

  static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// All files below a folder, as paths relative to it, sorted.
  static func list(below folder: String) -> [String] {
    var found: [String] = []
    var pending = [""]
    while let relative = pending.popLast() {
      guard let stream = opendir(folder + "/" + relative) else { continue }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        let path = relative.isEmpty ? name : relative + "/" + name
        if isFolder(folder + "/" + path) { pending.append(path) } else { found.append(path) }
      }
    }
    return found.sorted()
  }

  /// The last part of a path.
  static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// `Scripts/daam.lua` is called `daam`.
  static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  static func sha256(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { sha256($0) }
  }

  static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    ck_sha256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &digest)
    let digits = Array("0123456789abcdef")
    return digest.reduce(into: "") { text, byte in
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
  }

  /// The hash of a file or of a whole folder: of the list of its files with their hashes.
  static func sha256(of path: String) -> String? {
    guard isFolder(path) else { return mappedHash(of: path) }
    let lines = list(below: path).map { "\(mappedHash(of: path + "/" + $0) ?? "-")  \($0)\n" }
    return sha256(Array(lines.joined().utf8))
  }

  /// Mapped, as a model's pages are in memory already when it has run.
  private static func mappedHash(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let count = Int(status.st_size)
    guard count > 0 else { return sha256([]) }
    guard let pages = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), pages != MAP_FAILED else {
      return nil
    }
    defer { munmap(pages, count) }
    return sha256(UnsafeRawBufferPointer(start: pages, count: count))
  }

  private static func failure(_ path: String) -> CommandError {
    CommandError("\(path): \(String(cString: strerror(errno)))")
  }
}
