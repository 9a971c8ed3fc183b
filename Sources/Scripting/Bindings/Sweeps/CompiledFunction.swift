import Platform

/// What a Lua function does, read from its bytecode (Lua 5.4, `ldump.c`): its instructions and constants, without the lines on which it
/// stands, so that it is the same wherever a script has it.
struct CompiledFunction {
  /// The texts among its constants: names of fields and globals that it may ask for, those of functions within included.
  private(set) var names: Set<[UInt8]> = []
  private var kept: [UInt8] = []

  var digest: String { String(SHA256(kept).description.prefix(32)) }

  /// - Parameter dump: of `string.dump(f, true)`.
  /// - Throws: `ScriptingError` for another version's bytecode.
  init(dump: [UInt8]) throws {
    var reader = Reader(bytes: dump)
    // Signature, version, format, check data, three sizes, an integer, a number, and how many upvalues there are.
    let header = try reader.take(4 + 1 + 1 + 6 + 3 + 8 + 8 + 1)
    guard header.starts(with: [0x1B, 0x4C, 0x75, 0x61, 0x54, 0]) else {
      throw ScriptingError("this Lua's bytecode cannot be read")
    }
    try readFunction(&reader, isOutermost: true)
  }

  private mutating func readFunction(_ reader: inout Reader, isOutermost: Bool = false) throws {
    _ = try reader.string()  // the source, stripped
    _ = (try reader.size(), try reader.size())  // the lines
    kept += try reader.take(3)  // parameters, varargs, stack
    kept += try reader.take(4 * reader.size())
    for _ in 0..<(try reader.size()) {
      let tag = try reader.take(1)
      kept += tag
      switch tag.first {
      case 0x03, 0x13: kept += try reader.take(8)
      case 0x04, 0x14:
        let text = try reader.string()
        names.insert(Array(text))
        kept += Array("\(text.count):".utf8) + text
      case 0x00, 0x01, 0x11: break
      default: throw ScriptingError("this Lua's bytecode cannot be read")
      }
    }
    // Where its upvalues lie in the function around it says nothing of what it does.
    let upvalues = try reader.take(3 * reader.size())
    kept += isOutermost ? Array("\(upvalues.count)".utf8)[...] : upvalues
    for _ in 0..<(try reader.size()) { try readFunction(&reader) }
    _ = try reader.take(reader.size())  // the debug information, stripped: four counts of 0
    for _ in 0..<3 {
      guard try reader.size() == 0 else { throw ScriptingError("this Lua's bytecode cannot be read") }
    }
  }

  private struct Reader {
    let bytes: [UInt8]
    var position = 0

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
      guard count >= 0, count <= bytes.count - position else {
        throw ScriptingError("this Lua's bytecode cannot be read")
      }
      defer { position += count }
      return bytes[position..<position + count]
    }

    /// Seven bits a byte, the highest first; the last byte is marked.
    mutating func size() throws -> Int {
      var value = 0
      while true {
        let byte = try take(1).first ?? 0
        guard value < 1 << 48 else { throw ScriptingError("this Lua's bytecode cannot be read") }
        value = value << 7 | Int(byte & 0x7F)
        if byte & 0x80 != 0 { return value }
      }
    }

    mutating func string() throws -> ArraySlice<UInt8> {
      let size = try size()
      return try take(max(0, size - 1))
    }
  }
}
