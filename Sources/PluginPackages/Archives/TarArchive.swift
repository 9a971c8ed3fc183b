/// Tar archives: POSIX ustar and pax, and GNU's long names. Plain files and folders only.
enum TarArchive {
  private static let block = 512

  static func read(_ bytes: [UInt8]) throws -> FileTree {
    let reader = ByteReader(bytes)
    var tree = FileTree()
    var place = 0
    var longName: String?
    while place + block <= bytes.count {
      let header = try reader.slice(place, block)
      if header.allSatisfy({ $0 == 0 }) { break }
      try verify(header)
      let size = try octal(header, 124, 12)
      guard size <= bytes.count - place - block else { throw PluginError("it ends too soon") }
      let contents = try reader.slice(place + block, size)
      place += block + (size + block - 1) / block * block
      let kind = header[header.startIndex + 156]
      var name = longName ?? shortName(header)
      switch kind {
      case UInt8(ascii: "L"):
        longName = String(decoding: contents.prefix { $0 != 0 }, as: UTF8.self)
        continue
      case UInt8(ascii: "x"):
        longName = try paxPath(contents) ?? longName
        continue
      case UInt8(ascii: "g"): continue
      case 0, UInt8(ascii: "0"): try tree.add(name, Array(contents), isFolder: false)
      case UInt8(ascii: "5"):
        if !name.hasSuffix("/") { name += "/" }
        try tree.add(name, [], isFolder: true)
      default: throw PluginError("it contains '\(name.escaped)', which is a link or a device")
      }
      longName = nil
    }
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

  /// The record `path` of a pax header: lines of "length key=value".
  private static func paxPath(_ contents: ArraySlice<UInt8>) throws -> String? {
    var rest = contents
    var path: String?
    while !rest.isEmpty {
      let digits = rest.prefix { $0 != 0x20 }
      guard let count = Int(String(decoding: digits, as: UTF8.self)), count > digits.count + 1,
        count <= rest.count
      else { throw PluginError("one of its headers is damaged") }
      let record = rest.dropFirst(digits.count + 1).prefix(count - digits.count - 2)
      if record.starts(with: "path=".utf8) { path = String(decoding: record.dropFirst(5), as: UTF8.self) }
      rest = rest.dropFirst(count)
    }
    return path
  }
}
