/// RFC 4648 base64, here because `Foundation` would cost more start-up time than the rest of the program.
public enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Whether nothing stands in the text but the signs of base64: no white space either.
  public static func isPlain(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
        true
      default: false
      }
    }
  }

  public static func encode(_ bytes: [UInt8]) -> String {
    let count = (bytes.count + 2) / 3 * 4
    return String(unsafeUninitializedCapacity: count) { out in
      alphabet.withUnsafeBufferPointer { letters in
        var position = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
          let rest = bytes.count - start
          let group =
            UInt32(bytes[start]) << 16 | (rest > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
            | (rest > 2 ? UInt32(bytes[start + 2]) : 0)
          out[position] = letters[Int(group >> 18)]
          out[position + 1] = letters[Int(group >> 12 & 63)]
          out[position + 2] = rest > 1 ? letters[Int(group >> 6 & 63)] : UInt8(ascii: "=")
          out[position + 3] = rest > 2 ? letters[Int(group & 63)] : UInt8(ascii: "=")
          position += 4
        }
      }
      return count
    }
  }

  /// `nil` if the text is not base64; white space is skipped, as notebooks break long lines.
  public static func decode(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count / 4 * 3)
    var group: UInt32 = 0
    var bits = 0
    var padding = 0
    for byte in text.utf8 {
      let value: UInt32
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="):
        padding += 1
        continue
      case 0x20, 0x0A, 0x0D, 0x09: continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      group = group << 6 | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
      }
    }
    return bits < 6 && padding <= 2 ? result : nil
  }
}
