import Platform

extension Image {
  /// Reads a PNG or JPEG file from disk.
  public init(contentsOf path: String) throws {
    do {
      try self.init(data: FileBytes.read(path, isRegular: false))
    } catch let error as FileError {
      throw ImagingError(error.description)
    } catch let error as ImagingError {
      throw ImagingError("\(path): \(error.message)")
    }
  }

  /// Writes the picture as a PNG file; what was there stays until the new one is complete.
  public func write(to path: String) throws {
    let bytes = try pngData()
    do { try WholeFile.write(bytes, to: path) } catch { throw ImagingError(error.description) }
  }
}
