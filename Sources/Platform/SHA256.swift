import CPlatform

/// SHA-256 (FIPS 180-4), 32 bytes.
public struct SHA256: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { SHA256($0) } }

  public init(_ bytes: UnsafeRawBufferPointer) {
    self.init { cp_sha256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0) }
  }

  /// Of a file. Mapped, as a model's pages are in memory already when it has run.
  ///
  /// - Throws: `FileError`, also if the file changes meanwhile.
  public init(file path: String) throws {
    self = try MappedFile(path: path).read { bytes in
      SHA256 { cp_sha256_mapped(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, $0) }
    }
  }

  private init(_ compute: (UnsafeMutablePointer<UInt8>) -> Void) {
    bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      if let base = buffer.baseAddress { compute(base) }
      count = 32
    }
  }

  /// Two lower-case hexadecimal digits for each byte.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
