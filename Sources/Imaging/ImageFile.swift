import Platform

extension Image {
  /// Reads a PNG or JPEG file from disk.
  ///
  /// - Throws: `FileError` for a file that cannot be read, `ImagingError` for one that is no such picture.
  public init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path, isRegular: false)
    do { try self.init(data: bytes) } catch let error as ImagingError {
      throw ImagingError("\(path): \(error.message)")
    }
  }

  /// Writes the picture as a PNG file; what was there stays until the new one is complete.
  public func write(to path: String) throws {
    try WholeFile.write(pngData(), to: path)
  }
}
