import Platform

/// HMAC with SHA-256 (RFC 2104).
struct HMAC {
  private let inner: [UInt8]
  private let outer: [UInt8]

  init(key: [UInt8]) {
    let short = key.count > 64 ? SHA256(key).bytes : key
    let padded = short + [UInt8](repeating: 0, count: 64 - short.count)
    inner = padded.map { $0 ^ 0x36 }
    outer = padded.map { $0 ^ 0x5C }
  }

  /// The code of the parts one after the other, in hexadecimal.
  func signature(of parts: [[UInt8]]) -> String {
    SHA256(outer + SHA256(inner + parts.joined()).bytes).description
  }
}
