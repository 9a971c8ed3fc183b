import CZlib

/// Unpacks deflated data with zlib, up to a bound, and to the very end: what nobody reads is damage.
enum Inflate {
  enum Container: Int32 {
    /// Bare, as in a zip archive.
    case none = -15
    case gzip = 31
  }

  static func unpack(_ bytes: ArraySlice<UInt8>, _ container: Container, limit: Int) throws -> [UInt8] {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, container.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw PluginError("no memory to unpack it") }
    defer { inflateEnd(&stream) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var input = Array(bytes)
    return try input.withUnsafeMutableBufferPointer { input in
      guard let count = UInt32(exactly: input.count) else { throw PluginError("it is larger than 4 GB") }
      stream.next_in = input.baseAddress
      stream.avail_in = count
      while true {
        let status = chunk.withUnsafeMutableBufferPointer { chunk in
          stream.next_out = chunk.baseAddress
          stream.avail_out = UInt32(chunk.count)
          return inflate(&stream, Z_NO_FLUSH)
        }
        output += chunk[..<(chunk.count - Int(stream.avail_out))]
        guard output.count <= limit else { throw PluginError("it unpacks to more than \(limit >> 20) MiB") }
        if status == Z_STREAM_END {
          guard try hasMore(&stream, container) else { return output }
          continue
        }
        guard status == Z_OK, stream.avail_in > 0 || stream.avail_out == 0 else {
          throw PluginError("its compressed data is damaged")
        }
      }
    }
  }

  /// Whether another member follows, as gzip files may have several (RFC 1952, 2.2). Zeros at the end are padding, as of tapes.
  private static func hasMore(_ stream: inout z_stream, _ container: Container) throws -> Bool {
    let rest = UnsafeBufferPointer(start: stream.next_in, count: Int(stream.avail_in))
    if rest.isEmpty { return false }
    guard container == .gzip else { throw PluginError("its compressed data goes on after its end") }
    if rest.allSatisfy({ $0 == 0 }) { return false }
    guard rest.starts(with: [0x1F, 0x8B]), inflateReset(&stream) == Z_OK else {
      throw PluginError("its compressed data goes on after its end")
    }
    return true
  }

  static func crc32(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: bytes.withUnsafeBufferPointer { CZlib.crc32_z(0, $0.baseAddress, $0.count) })
  }
}
