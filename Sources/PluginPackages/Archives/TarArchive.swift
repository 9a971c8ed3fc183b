/// Tar archives: POSIX ustar and pax, and GNU's long names. Plain files and folders only.
enum TarArchive {
  private static let block = 512

  static func read(_ bytes: [UInt8]) throws -> FileTree {
    let reader = ByteReader(bytes)
    var tree = FileTree()
    var place = 0
    var longName: String?
    var extended = PaxRecords()
    while true {
      let header = try reader.slice(place, block)
      if header.allSatisfy({ $0 == 0 }) { break }
      try verify(header)
      let kind = header[header.startIndex + 156]
      let isExtension = [UInt8(ascii: "L"), UInt8(ascii: "x"), UInt8(ascii: "g")].contains(kind)
      let size = try (isExtension ? nil : extended.size) ?? octal(header, 124, 12)
      guard size <= bytes.count - place - block else { throw PluginError("it ends too soon") }
      let contents = try reader.slice(place + block, size)
      place += block + (size + block - 1) / block * block
      // POSIX's extended header stands above all else, whatever order the two come in.
      var name = extended.path ?? longName ?? shortName(header)
      switch kind {
      case UInt8(ascii: "L"):
        longName = String(decoding: contents.prefix { $0 != 0 }, as: UTF8.self)
        continue
      case UInt8(ascii: "x"):
        extended = try PaxRecords(contents)
        continue
      case UInt8(ascii: "g"):
        guard try PaxRecords(contents).isEmpty else {
          throw PluginError("it names or measures all its files in one header")
        }
        continue
      case 0, UInt8(ascii: "0"): try tree.add(name, Array(contents), isFolder: false)
      case UInt8(ascii: "5"):
        if !name.hasSuffix("/") { name += "/" }
        try tree.add(name, [], isFolder: true)
      default: throw PluginError("it contains '\(name)', which is a link or a device")
      }
      (longName, extended) = (nil, PaxRecords())
    }
    guard longName == nil, extended.isEmpty else { throw PluginError("it ends too soon") }
    guard bytes[place...].allSatisfy({ $0 == 0 }) else { throw PluginError("it goes on after its end") }
    return tree
  }

  private static func text(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> String {
    let field = header.dropFirst(start).prefix(count)
    return String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func shortName(_ header: ArraySlice<UInt8>) -> String {
    let isPOSIX = header.dropFirst(257).starts(with: "ustar\0".utf8)
    let prefix = isPOSIX ? text(header, 345, 155) : ""
    return (prefix.isEmpty ? "" : prefix + "/") + text(header, 0, 100)
  }

  private static func octal(_ header: ArraySlice<UInt8>, _ start: Int, _ count: Int) throws -> Int {
    let digits = text(header, start, count).trimmed
    guard let value = digits.isEmpty ? 0 : Int(digits, radix: 8), value >= 0 else {
      throw PluginError("one of its headers is damaged")
    }
    return value
  }

  private static func verify(_ header: ArraySlice<UInt8>) throws {
    var sum = 0
    for (place, byte) in header.enumerated() { sum += (148..<156).contains(place) ? 0x20 : Int(byte) }
    guard try octal(header, 148, 8) == sum else { throw PluginError("one of its headers is damaged") }
  }
}

/// What a pax header says of a file beyond its place and time: lines of "length key=value".
private struct PaxRecords {
  private(set) var path: String?
  private(set) var size: Int?
  var isEmpty: Bool { path == nil && size == nil }

  init() {}

  init(_ contents: ArraySlice<UInt8>) throws {
    var rest = contents
    while !rest.isEmpty {
      let digits = rest.prefix { $0 != 0x20 }
      guard let count = Int(String(decoding: digits, as: UTF8.self)), count > digits.count + 1,
        count <= rest.count
      else { throw Self.damage }
      let record = rest.dropFirst(digits.count + 1).prefix(count - digits.count - 2)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { throw Self.damage }
      let value = String(decoding: record[record.index(after: equals)...], as: UTF8.self)
      try take(String(decoding: record[..<equals], as: UTF8.self), value)
      rest = rest.dropFirst(count)
    }
  }

  private mutating func take(_ key: String, _ value: String) throws {
    switch key {
    case "path": path = value
    case "size":
      guard let bytes = Int(value), bytes >= 0 else { throw Self.damage }
      size = bytes
    case _ where key.hasPrefix("GNU.sparse."): throw PluginError("it contains a file with holes ('\(key)')")
    default: break
    }
  }

  private static let damage = PluginError("one of its headers is damaged")
}
