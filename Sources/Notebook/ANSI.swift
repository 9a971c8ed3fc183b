/// The escape sequences by which terminals are told colours.
public enum ANSI {
  /// Text without them.
  public static func stripped(_ text: String) -> String {
    guard text.utf8.contains(0x1B) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == 0x1B, rest.first == UInt8(ascii: "[") else {
        result.append(byte)
        continue
      }
      rest.removeFirst()
      while let next = rest.popFirst(), !(0x40...0x7E).contains(next) {}
    }
    return String(decoding: result, as: UTF8.self)
  }
}
