import Glibc

/// A folder in memory for readers that take paths; it goes with the object.
final class ScratchFolder {
  let path: String
  private var names: Set<String> = []

  init() throws {
    var template = Array("/dev/shm/lunette-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchError(errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// The path of a file that goes with the folder.
  func path(_ name: String) -> String {
    names.insert(name)
    return "\(path)/\(name)"
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    guard let file = fopen(path(name), "wb") else { throw ScratchError(errno) }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw ScratchError(errno) }
  }
}

struct ScratchError: Error, CustomStringConvertible {
  let description: String
  init(_ code: Int32) { description = "no scratch folder: \(String(cString: strerror(code)))" }
}
