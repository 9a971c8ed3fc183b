import Glibc

extension Image {
  /// Reads a PNG file from disk.
  public init(contentsOf path: String) throws {
    guard let file = fopen(path, "rb") else {
      throw ImagingError("\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    guard ferror(file) == 0 else { throw ImagingError("\(path): \(String(cString: strerror(errno)))") }
    do {
      try self.init(pngData: bytes)
    } catch let error as ImagingError {
      throw ImagingError("\(path): \(error.message)")
    }
  }

  /// Writes the picture as a PNG file.
  public func write(to path: String) throws {
    let bytes = try pngData()
    guard let file = fopen(path, "wb") else {
      throw ImagingError("\(path): \(String(cString: strerror(errno)))")
    }
    let written = fwrite(bytes, 1, bytes.count, file)
    let failure = written == bytes.count ? 0 : errno
    guard fclose(file) == 0, failure == 0 else {
      throw ImagingError("\(path): \(String(cString: strerror(failure == 0 ? errno : failure)))")
    }
  }
}
