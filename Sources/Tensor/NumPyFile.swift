import Platform

/// NumPy's .npy files (format 1.0 to 3.0): floats, integers and booleans of either byte order are read as float32 (integers
/// beyond 2²⁴ round), float32 is written.
extension Tensor {
  /// Reads a file.
  ///
  /// - Throws: `FileError` for a file that cannot be read, `TensorError` for one that holds no such array.
  public init(numPyFile path: String) throws {
    let bytes = try FileBytes.read(path, limit: ByteCount.limit)
    do { try self.init(numPy: bytes) } catch { throw TensorError("\(path): \(error)") }
  }

  /// Writes a file; an older one is replaced only when the new one is complete.
  public func save(numPyFile path: String) throws {
    try WholeFile.write(numPyBytes(), to: path)
  }

  /// Decodes the bytes of a file.
  public init(numPy bytes: [UInt8]) throws {
    let header = try NumPyHeader(bytes)
    let count = try Shape.count(header.shape)
    let size = header.element.size
    let (wanted, overflow) = count.multipliedReportingOverflow(by: size)
    let present = bytes.count - header.length
    guard !overflow, wanted == present else {
      throw TensorError(
        "a tensor \(Shape.text(header.shape)) takes \(wanted) bytes, the file holds \(present)")
    }
    let stored = header.isFortranOrder ? Array(header.shape.reversed()) : header.shape
    let tensor = try Tensor.uninitialized(stored)
    try tensor.withUnsafeMutableBuffer { elements in
      guard let out = elements.baseAddress else { return }
      bytes.withUnsafeBytes { buffer in
        header.element.decode(UnsafeRawBufferPointer(rebasing: buffer[header.length...]), count, into: out)
      }
    }
    self =
      header.isFortranOrder ? try tensor.permuted(Array((0..<stored.count).reversed())).contiguous() : tensor
  }

  /// The bytes of a file with this tensor: float32, row-major, format 1.0.
  public func numPyBytes() throws -> [UInt8] {
    let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (rank == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
    let start = NumPyHeader.magic.count + 4
    let padding = 63 - (start + header.utf8.count) % 64
    header += String(repeating: " ", count: padding) + "\n"
    let length = header.utf8.count
    var bytes = NumPyHeader.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
    withUnsafeBuffer { bytes.append(contentsOf: UnsafeRawBufferPointer($0)) }
    return bytes
  }
}
