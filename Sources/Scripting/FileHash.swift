import CKernels
import Encoding
import Glibc

/// SHA-256 of files and folders, as lower-case hexadecimal digits.
public enum FileHash {
  public static func sha256(_ bytes: [UInt8]) -> String {
    bytes.withUnsafeBytes { sha256($0) }
  }

  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    digits { ck_sha256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0) }
  }

  private static func digits(_ hash: (UnsafeMutablePointer<UInt8>) -> Void) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    digest.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { hash(base) }
    }
    return digest.hexadecimal
  }

  /// The hash of a file or of a whole folder: of the list of its files with their hashes.
  public static func sha256(of path: String) -> String? {
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
    return digits { ck_sha256_mapped(pages.assumingMemoryBound(to: UInt8.self), count, $0) }
  }

  /// All files below a folder, as paths relative to it, sorted.
  public static func list(below folder: String) -> [String] {
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

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
