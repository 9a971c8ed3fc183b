/// The types of numbers that can be read from NumPy's files, in either byte order.
struct NumPyElement {
  private enum Kind: String {
    case float16 = "f2"
    case float32 = "f4"
    case float64 = "f8"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case boolean = "b1"
  }

  private let kind: Kind
  private let isBigEndian: Bool

  /// NumPy's other names for the types, by C's types and in words.
  private static let names: [String: Kind] = [
    "e": .float16, "f": .float32, "d": .float64, "b": .int8, "h": .int16, "i": .int32, "l": .int64,
    "q": .int64,
    "B": .uint8, "H": .uint16, "I": .uint32, "L": .uint64, "Q": .uint64, "?": .boolean,
    "float16": .float16, "float32": .float32, "float64": .float64, "half": .float16, "single": .float32,
    "double": .float64, "float": .float64, "int8": .int8, "int16": .int16, "int32": .int32, "int64": .int64,
    "int": .int64, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32, "uint64": .uint64, "uint": .uint64,
    "bool": .boolean,
  ]

  /// - Parameter name: as in a header's `descr`: `<f4`, `>i8`, `|u1`, `f4`, `float32`. Without a sign the order is ours.
  /// - Returns: nil for types that are not real numbers, or too wide.
  init?(_ name: String) {
    let hasOrder = name.first.map { "<>|=".contains($0) } ?? false
    let type = hasOrder ? String(name.dropFirst()) : name
    let named = hasOrder && type.count > 1 ? nil : Self.names[type]
    guard let kind = Kind(rawValue: type) ?? named else { return nil }
    self.kind = kind
    isBigEndian = name.first == ">"
  }

  /// In bytes.
  var size: Int {
    switch kind {
    case .int8, .uint8, .boolean: 1
    case .float16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// Converts `count` numbers.
  func decode(_ bytes: UnsafeRawBufferPointer, _ count: Int, into out: UnsafeMutablePointer<Float>) {
    func each<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type, _ convert: (Bits) -> Float) {
      for i in 0..<count {
        let bits = bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<Bits>.size, as: Bits.self)
        out[i] = convert(isBigEndian ? bits.byteSwapped : bits)
      }
    }
    switch kind {
    case .float16: each(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .float32 where !isBigEndian:
      UnsafeMutableRawBufferPointer(start: out, count: count * 4).copyMemory(from: bytes)
    case .float32: each(UInt32.self) { Float(bitPattern: $0) }
    case .float64: each(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .int8: each(Int8.self) { Float($0) }
    case .int16: each(Int16.self) { Float($0) }
    case .int32: each(Int32.self) { Float($0) }
    case .int64: each(Int64.self) { Float($0) }
    case .uint8: each(UInt8.self) { Float($0) }
    case .uint16: each(UInt16.self) { Float($0) }
    case .uint32: each(UInt32.self) { Float($0) }
    case .uint64: each(UInt64.self) { Float($0) }
    case .boolean: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
  }
}
