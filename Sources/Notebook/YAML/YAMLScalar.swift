import Encoding

/// What a scalar of YAML 1.1 stands for. Python's readers and writers know this version: there `no` is a boolean,
/// `010` is 8, `1:30` is 90 and `1e5` is text.
enum YAMLScalar {
  static let tagPrefix = "tag:yaml.org,2002:"

  /// The value of text without quotes.
  static func resolved(_ text: String) -> JSON {
    if isNull(text) { return .null }
    return bool(text).map(JSON.bool) ?? float(text) ?? integer(text) ?? .string(text)
  }

  /// The value of text with an explicit tag; nil where the two do not go together or JSON has no such value.
  static func value(of text: String, tag: String) -> JSON? {
    guard tag.hasPrefix(tagPrefix) else { return nil }
    switch tag.dropFirst(tagPrefix.count) {
    case "str", "timestamp": return .string(text)
    case "null": return isNull(text) ? .null : nil
    case "bool": return bool(text).map(JSON.bool)
    case "int": return integer(text)
    case "float": return float(text) ?? integer(text).flatMap(\.double).map { literal($0) }
    default: return nil
    }
  }

  /// Whether text without quotes reads back as itself, whichever version of YAML reads it: a word of letters that is no
  /// boolean and no null, with few signs that mean nothing within it.
  static func isPlainText(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, isLetter(first), last != 0x20 else {
      return false
    }
    let isSimple = text.utf8.allSatisfy { isLetter($0) || isDigit($0) || " _./-".utf8.contains($0) }
    return isSimple && resolved(text) == .string(text) && !["y", "Y", "n", "N"].contains(text)
  }

  /// A number of JSON in a form that YAML 1.1 takes for a number too.
  static func text(of number: JSON.Number) -> String {
    switch number.literal {
    case "NaN": return ".nan"
    case "Infinity": return ".inf"
    case "-Infinity": return "-.inf"
    default: break
    }
    let parts = number.literal.split(maxSplits: 1) { $0 == "e" || $0 == "E" }
    guard parts.count == 2 else { return number.literal }
    let mantissa = parts[0].contains(".") ? parts[0] : parts[0] + ".0"
    let hasSign = parts[1].hasPrefix("-") || parts[1].hasPrefix("+")
    return "\(mantissa)e\(hasSign ? "" : "+")\(parts[1])"
  }

  private static func isNull(_ text: String) -> Bool { ["", "~", "null", "Null", "NULL"].contains(text) }

  private static func bool(_ text: String) -> Bool? {
    switch text {
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
    default: nil
    }
  }

  private static func integer(_ text: String) -> JSON? {
    let (isNegative, rest) = unsigned(text)
    guard let first = rest.first, isDigit(first) else { return nil }
    let digits = rest.filter { $0 != UInt8(ascii: "_") }
    if first == UInt8(ascii: "0"), rest.count > 1 {
      switch rest[1] {
      case UInt8(ascii: "b"): return number(digits.dropFirst(2), radix: 2, isNegative)
      case UInt8(ascii: "x"): return number(digits.dropFirst(2), radix: 16, isNegative)
      default: return number(digits.dropFirst(), radix: 8, isNegative)
      }
    }
    if digits.contains(UInt8(ascii: ":")) {
      return sexagesimal(digits, isNegative).flatMap(Int.init(exactly:)).map { .number($0) }
    }
    guard digits.allSatisfy(isDigit) else { return nil }
    return number((isNegative ? "-" : "") + self.text(digits))
  }

  private static func number(_ digits: ArraySlice<UInt8>, radix: Int, _ isNegative: Bool) -> JSON? {
    guard !digits.isEmpty else { return nil }
    var value = 0.0
    var exact: Int? = 0
    for byte in digits {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { return nil }
      value = value * Double(radix) + Double(digit)
      let (product, isTooLarge) = (exact ?? 0).multipliedReportingOverflow(by: radix)
      let (sum, isOver) = product.addingReportingOverflow(digit)
      exact = exact == nil || isTooLarge || isOver ? nil : sum
    }
    return exact.map { .number(isNegative ? -$0 : $0) } ?? literal(isNegative ? -value : value)
  }

  private static func float(_ text: String) -> JSON? {
    let (isNegative, rest) = unsigned(text)
    switch self.text(rest) {
    case ".inf", ".Inf", ".INF": return literal(isNegative ? -.infinity : .infinity)
    case ".nan", ".NaN", ".NAN": return rest.count == text.utf8.count ? literal(.nan) : nil
    default: break
    }
    let parts = rest.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let isDigits = { (bytes: ArraySlice<UInt8>) in bytes.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
    }
    let whole = parts[0].filter { $0 != UInt8(ascii: "_") }
    var fraction = parts[1]
    if whole.contains(UInt8(ascii: ":")) {
      guard isDigits(fraction), let value = sexagesimal(whole, isNegative) else { return nil }
      let rest = Double("0." + self.text(fraction.filter(isDigit)) + "0") ?? 0
      return literal(isNegative ? value - rest : value + rest)
    }
    // Without digits before the point there is no sign, and a digit behind it.
    guard
      parts[0].isEmpty
        ? rest.count == text.utf8.count && fraction.first.map(isDigit) == true
        : isDigits(parts[0]) && isDigit(parts[0][0])
    else { return nil }
    var exponent = ""
    if let start = fraction.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
      let power = fraction[(start + 1)...]
      guard let sign = power.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), power.count > 1,
        power.dropFirst().allSatisfy(isDigit)
      else { return nil }
      exponent = "e" + self.text(power)
      fraction = fraction[..<start]
    }
    guard isDigits(fraction) else { return nil }
    let behind = self.text(fraction.filter(isDigit))
    let ahead = self.text(whole.drop { $0 == UInt8(ascii: "0") })
    return number(
      (isNegative ? "-" : "") + (ahead.isEmpty ? "0" : ahead) + "." + (behind.isEmpty ? "0" : behind)
        + exponent)
  }

  /// `1:30` is 90; each part behind the first is below 60.
  private static func sexagesimal(_ digits: [UInt8], _ isNegative: Bool) -> Double? {
    let parts = digits.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count > 1 else { return nil }
    var value = 0.0
    for (index, part) in parts.enumerated() {
      guard let number = Double(text(part)), part.allSatisfy(isDigit),
        index == 0 || part.count <= 2 && number < 60
      else { return nil }
      value = value * 60 + number
    }
    return isNegative ? -value : value
  }

  private static func unsigned(_ text: String) -> (isNegative: Bool, rest: ArraySlice<UInt8>) {
    let bytes = Array(text.utf8)[...]
    guard let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else {
      return (false, bytes)
    }
    return (sign == UInt8(ascii: "-"), Array(bytes.dropFirst())[...])
  }

  private static func literal(_ value: Double) -> JSON {
    if value.isFinite { return .number(value) }
    return number(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity") ?? .null
  }

  private static func number(_ literal: String) -> JSON? { try? JSON(parsing: literal, allowing: .python) }

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
