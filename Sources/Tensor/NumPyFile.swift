import Platform

/// NumPy's .npy files (format 1.0 to 3.0): floats, integers and booleans are read as float32, float32 is written.
extension Tensor {
  /// Reads a file.
  public init(numPyFile path: String) throws {
    do {
      try self.init(numPy: FileBytes.read(path, limit: ByteCount.limit))
    } catch let error as FileError {
      throw TensorError(error.description)
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }

  /// Writes a file; an older one is replaced only when the new one is complete.
  public func save(numPyFile path: String) throws {
    let bytes = try numPyBytes()
    do { try WholeFile.write(bytes, to: path) } catch { throw TensorError(error.description) }
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

private struct NumPyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  let element: NumPyElement
  let isFortranOrder: Bool
  let shape: [Int]
  /// Where the numbers begin.
  let length: Int

  init(_ bytes: [UInt8]) throws {
    guard bytes.count >= 12, Array(bytes[..<6]) == Self.magic else { throw TensorError("not a NumPy file") }
    let isLong = bytes[6] >= 2
    let start = isLong ? 12 : 10
    let size = (0..<(isLong ? 4 : 2)).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard (1...3).contains(bytes[6]), size <= bytes.count - start else {
      throw TensorError("a NumPy file with a broken header")
    }
    length = start + size
    let text = String(decoding: bytes[start..<length], as: UTF8.self)
    guard let descr = Self.value("descr", in: text), let order = Self.value("fortran_order", in: text),
      let sizes = Self.value("shape", in: text)
    else { throw TensorError("a NumPy file with a broken header") }
    guard let element = NumPyElement(descr) else {
      throw TensorError("NumPy type \(descr) cannot be read; floats, integers and booleans can")
    }
    let parts = sizes.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    shape = try parts.map {
      guard let size = Int($0) else { throw TensorError("a NumPy file with a broken shape (\(sizes))") }
      return size
    }
    self.element = element
    isFortranOrder = order == "True"
  }

  /// The value of a key in the header, a Python dictionary: without its quotes or brackets.
  private static func value(_ key: String, in text: String) -> String? {
    guard let colon = text.firstRange(of: "'\(key)':") else { return nil }
    let rest = text[colon.upperBound...].drop { $0 == " " }
    switch rest.first {
    case "'":
      return rest.dropFirst().firstIndex(of: "'").map {
        String(rest[rest.index(after: rest.startIndex)..<$0])
      }
    case "(": return rest.firstIndex(of: ")").map { String(rest[rest.index(after: rest.startIndex)..<$0]) }
    default: return String(rest.prefix { $0 != "," && $0 != "}" && $0 != " " })
    }
  }
}

/// The types of elements that can be read, all little-endian.
private enum NumPyElement: String {
  case float16 = "f2"
  case float32 = "f4"
  case float64 = "f8"
  case int8 = "i1"
  case int16 = "i2"
  case int32 = "i4"
  case int64 = "i8"
  case uint8 = "u1"
  case uint16 = "u2"
  case uint32 = "u4"
  case uint64 = "u8"
  case boolean = "b1"

  init?(_ descr: String) {
    guard let order = descr.first, "<|=".contains(order) else { return nil }
    self.init(rawValue: String(descr.dropFirst()))
  }

  var size: Int { Int(rawValue.dropFirst()) ?? 1 }

  func decode(_ bytes: UnsafeRawBufferPointer, _ count: Int, into out: UnsafeMutablePointer<Float>) {
    func each<T>(_ type: T.Type, _ convert: (T) -> Float) {
      for i in 0..<count {
        out[i] = convert(bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self))
      }
    }
    switch self {
    case .float16: each(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .float32: UnsafeMutableRawBufferPointer(start: out, count: count * 4).copyMemory(from: bytes)
    case .float64: each(Double.self) { Float($0) }
    case .int8: each(Int8.self) { Float($0) }
    case .int16: each(Int16.self) { Float($0) }
    case .int32: each(Int32.self) { Float($0) }
    case .int64: each(Int64.self) { Float($0) }
    case .uint8: each(UInt8.self) { Float($0) }
    case .uint16: each(UInt16.self) { Float($0) }
    case .uint32: each(UInt32.self) { Float($0) }
    case .uint64: each(UInt64.self) { Float($0) }
    case .boolean: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
  }
}
