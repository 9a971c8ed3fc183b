/// Zip archives, as rocks are (PKWARE's APPNOTE 6.3): stored and deflated files, no encryption, no zip64.
enum ZipArchive {
  private static let entryMark: UInt32 = 0x0201_4B50
  private static let fileMark: UInt32 = 0x0403_4B50
  private static let endMark: UInt32 = 0x0605_4B50

  static func read(_ bytes: [UInt8]) throws -> FileTree {
    let reader = ByteReader(bytes)
    // The end record is at the very end, before a comment of at most 65,535 bytes.
    guard
      let end = stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xFFFF), by: -1)
        .first(where: { place in
          (try? reader.uint32(place)) == endMark
            && (try? reader.uint16(place + 20)).map { place + 22 + Int($0) } == bytes.count
        })
    else { throw PluginError("its zip directory is missing") }
    let count = try reader.uint16(end + 10)
    var place = try reader.uint32(end + 16)
    var tree = FileTree()
    var total = 0
    for _ in 0..<count {
      guard try reader.uint32(Int(place)) == entryMark else {
        throw PluginError("its zip directory is damaged")
      }
      let entry = Int(place)
      let name = String(decoding: try reader.slice(entry + 46, Int(reader.uint16(entry + 28))), as: UTF8.self)
      // The upper half of the attributes is a mode where the archive was made on Unix.
      let kind = try reader.uint32(entry + 38) >> 16 & 0xF000
      guard [0, 0x8000, 0x4000].contains(kind) else {
        throw PluginError("it contains '\(name)', which is a link or a device")
      }
      try tree.add(name, try contents(of: entry, name, reader, &total), isFolder: name.hasSuffix("/"))
      place +=
        UInt32(46) + UInt32(try reader.uint16(entry + 28)) + UInt32(try reader.uint16(entry + 30))
        + UInt32(try reader.uint16(entry + 32))
    }
    guard place == (try reader.uint32(end + 16)) &+ (try reader.uint32(end + 12)) else {
      throw PluginError("its zip directory is damaged")
    }
    return tree
  }

  private static func contents(
    of entry: Int, _ name: String, _ reader: ByteReader, _ total: inout Int
  ) throws -> [UInt8] {
    guard try reader.uint16(entry + 8) & 1 == 0 else {
      throw PluginError("'\(name)' in it is encrypted")
    }
    let method = try reader.uint16(entry + 10)
    let (packed, size) = (Int(try reader.uint32(entry + 20)), Int(try reader.uint32(entry + 24)))
    let start = Int(try reader.uint32(entry + 42))
    guard try reader.uint32(start) == fileMark else {
      throw PluginError("'\(name)' in it is damaged")
    }
    let data = start + 30 + Int(try reader.uint16(start + 26)) + Int(try reader.uint16(start + 28))
    total += size
    guard total <= FileTree.largest else {
      throw PluginError("it unpacks to more than \(FileTree.largest >> 20) MiB")
    }
    let slice = try reader.slice(data, packed)
    let bytes: [UInt8] =
      switch method {
      case 0: Array(slice)
      case 8: try Inflate.unpack(slice, .none, limit: size)
      default: throw PluginError("'\(name)' in it is packed by a method that is not known")
      }
    guard bytes.count == size, Inflate.crc32(bytes) == (try reader.uint32(entry + 16)) else {
      throw PluginError("'\(name)' in it is damaged")
    }
    return bytes
  }

  /// The same bytes for the same files: sorted, stored, dated to the first day that zip knows.
  static func write(_ tree: FileTree) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    guard tree.files.count < 0xFFFF else { throw PluginError("too many files for a rock") }
    for (path, contents) in tree.files.sorted(by: { $0.key < $1.key }) {
      let name = Array(path.utf8)
      var header: [UInt8] = []
      header.add(UInt16(20), UInt16(0x0800), UInt16(0), UInt16(0), UInt16(0x0021))
      header.add(Inflate.crc32(contents), UInt32(contents.count), UInt32(contents.count))
      header.add(UInt16(name.count), UInt16(0))
      directory.add(entryMark)
      directory.add(UInt16(3 << 8 | 20))
      directory += header
      directory.add(UInt16(0), UInt16(0), UInt16(0))
      directory.add(UInt32(0o100644) << 16, UInt32(bytes.count))
      directory += name
      bytes.add(fileMark)
      bytes += header + name + contents
      guard bytes.count < FileTree.largest * 3 else { throw PluginError("too large for a rock") }
    }
    let start = bytes.count
    bytes += directory
    bytes.add(endMark)
    bytes.add(UInt16(0), UInt16(0), UInt16(tree.files.count), UInt16(tree.files.count))
    bytes.add(UInt32(directory.count), UInt32(start))
    bytes.add(UInt16(0))
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func add(_ values: UInt16...) {
    for value in values { self += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
  }
  fileprivate mutating func add(_ values: UInt32...) {
    for value in values { self += (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
  }
}

/// Little-endian numbers at places that are checked.
struct ByteReader {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func slice(_ start: Int, _ count: Int) throws -> ArraySlice<UInt8> {
    guard start >= 0, count >= 0, start <= bytes.count, count <= bytes.count - start else {
      throw PluginError("it ends too soon")
    }
    return bytes[start..<start + count]
  }

  func uint16(_ start: Int) throws -> UInt16 {
    try slice(start, 2).reversed().reduce(0) { $0 << 8 | UInt16($1) }
  }

  func uint32(_ start: Int) throws -> UInt32 {
    try slice(start, 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
