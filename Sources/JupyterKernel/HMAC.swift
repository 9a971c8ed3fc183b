import CKernels
import Encoding

/// HMAC with SHA-256 (RFC 2104).
struct HMAC {
  private let inner: [UInt8]
  private let outer: [UInt8]

  init(key: [UInt8]) {
    let short = key.count > 64 ? Self.sha256(key) : key
    let padded = short + [UInt8](repeating: 0, count: 64 - short.count)
    inner = padded.map { $0 ^ 0x36 }
    outer = padded.map { $0 ^ 0x5C }
  }

  /// The code of the parts one after the other, in hexadecimal.
  func signature(of parts: [[UInt8]]) -> String {
    Self.sha256(outer + Self.sha256(inner + parts.joined())).hexadecimal
  }

  private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    ck_sha256(bytes, bytes.count, &digest)
    return digest
  }
}
