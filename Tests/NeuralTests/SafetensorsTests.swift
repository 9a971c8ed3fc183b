import Neural
import Tensor
import Testing
import Weights

struct SafetensorsTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func whatIsWrittenIsRead() throws {
    let path = "\(directory.path)/x.safetensors"
    let matrix = try Tensor([1, -2, 3.5, 0, 1e-20, 7e30], shape: [2, 3])
    let tensors = [
      "z.weight": matrix, "a": try Tensor([5], shape: []), "empty": try Tensor([], shape: [0, 4]),
    ]
    try SafetensorsFile.write(tensors, to: path, metadata: ["format": "pt", "quote": "\"\n"])
    let file = try SafetensorsFile(path: path)
    #expect(file.entries.map(\.name) == ["a", "empty", "z.weight"])
    #expect(file.metadata == ["format": "pt", "quote": "\"\n"])
    #expect(try file.tensor(named: "z.weight").toArray() == matrix.toArray())
    #expect(try file.tensor(named: "z.weight").shape == [2, 3])
    #expect(try file.tensor(named: "a").shape == [])
    #expect(try file.tensor(named: "empty").shape == [0, 4])
    #expect(file.entries.allSatisfy { ($0.bytes.lowerBound - file.entries[0].bytes.lowerBound) % 4 == 0 })
    #expect(throws: NeuralError("\(path): no tensor 'b'")) { try file.tensor(named: "b") }
  }

  @Test func viewsAreWrittenInRowMajorOrder() throws {
    let path = "\(directory.path)/x.safetensors"
    let matrix = try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    try SafetensorsFile.write(["t": matrix.transposed(0, 1)], to: path)
    #expect(try SafetensorsFile(path: path).tensor(named: "t").toArray() == [1, 4, 2, 5, 3, 6])
  }

  @Test func anUnwritablePlaceIsNamed() throws {
    let path = "\(directory.path)/none/x.safetensors"
    #expect(throws: NeuralError("\(path): cannot be written: No such file or directory")) {
      try SafetensorsFile.write(["t": Tensor([1], shape: [1])], to: path)
    }
  }

  /// All 65,536 halves against the processor's own conversion.
  @Test func everyHalfIsWidenedExactly() throws {
    let halves = (0...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let file = try SafetensorsFile(path: raw("F16", halves))
    let values = try file.tensor(named: "w").toArray()
    #expect(values.indices.filter { !same(values[$0], Float(Float16(bitPattern: UInt16($0)))) } == [])
  }

  @Test func everyBrainFloatIsWidenedExactly() throws {
    let numbers = (0...UInt16.max).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let values = try SafetensorsFile(path: raw("BF16", numbers)).tensor(named: "w").toArray()
    #expect(values.indices.filter { !same(values[$0], Float(bitPattern: UInt32($0) << 16)) } == [])
  }

  @Test func narrowingRoundsToNearestEven() throws {
    var values: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 65504, 65519.996, 65520, 1e30, -1e30, 1e-30]
    // Every half, the number between it and the next, and those just beside.
    for bits in stride(from: 0, to: UInt16(0x7c00), by: 1) {
      let low = Float(Float16(bitPattern: bits))
      let high = bits == 0x7bff ? 65536 : Float(Float16(bitPattern: bits + 1))
      let middle = (low + high) / 2
      values += [low, middle, middle.nextUp, middle.nextDown, -middle]
    }
    let path = "\(directory.path)/half.safetensors"
    try SafetensorsFile.write(["w": Tensor(values, shape: [values.count])], to: path, type: .f16)
    let read = try SafetensorsFile(path: path).tensor(named: "w").toArray()
    #expect(values.indices.filter { !same(read[$0], Float(Float16(values[$0]))) }.map { values[$0] } == [])
  }

  @Test func brainFloatsRoundToNearestEven() throws {
    let path = "\(directory.path)/brain.safetensors"
    let values: [Float] = [1, 1.00390625, 1.01171875, 1.0039064, -1.00390625, .infinity, .nan, 3.4e38]
    try SafetensorsFile.write(["w": Tensor(values, shape: [8])], to: path, type: .bf16)
    let read = try SafetensorsFile(path: path).tensor(named: "w").toArray()
    #expect(Array(read[..<6]) == [1, 1, 1.015625, 1.0078125, -1, .infinity])
    #expect(read[6].isNaN && read[7] == .infinity)
  }

  @Test func integersAndDoublesBecomeFloats() throws {
    let minusTwo = withUnsafeBytes(of: Int64(-2).littleEndian) { Array($0) }
    #expect(try SafetensorsFile(path: raw("I64", minusTwo)).tensor(named: "w").toArray() == [-2])
    let seven = withUnsafeBytes(of: Int32(7).littleEndian) { Array($0) }
    #expect(try SafetensorsFile(path: raw("I32", seven)).tensor(named: "w").toArray() == [7])
    #expect(try SafetensorsFile(path: raw("U8", [200, 1])).tensor(named: "w").toArray() == [200, 1])
    func numbers(_ type: String, _ bytes: [UInt8]) throws -> [Float] {
      try SafetensorsFile(path: raw(type, bytes)).tensor(named: "w").toArray()
    }
    #expect(try numbers("I16", [0xfe, 0xff, 0, 1]) == [-2, 256])
    #expect(try numbers("I8", [0xfe, 127]) == [-2, 127])
    #expect(try numbers("U64", [0, 0, 0, 0, 0, 0, 0, 0x80]) == [9_223_372_036_854_775_808])
    #expect(try numbers("U32", [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]) == [4_294_967_296, 1])
    #expect(try numbers("U16", [0xfe, 0xff]) == [65534])
    #expect(try numbers("BOOL", [0, 1, 7]) == [0, 1, 1])
    let third = withUnsafeBytes(of: (1.0 / 3).bitPattern.littleEndian) { Array($0) }
    #expect(try SafetensorsFile(path: raw("F64", third)).tensor(named: "w").toArray() == [Float(1.0 / 3)])
  }

  private func same(_ a: Float, _ b: Float) -> Bool {
    a.isNaN && b.isNaN || a.bitPattern == b.bitPattern
  }

  /// A file with one vector `w`, whose numbers start at an odd address.
  private func raw(_ type: String, _ bytes: [UInt8]) throws -> String {
    let width = [
      "F16": 2, "BF16": 2, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
      "U8": 1, "BOOL": 1,
    ][type]!
    var header =
      "{\"w\":{\"dtype\":\"\(type)\",\"shape\":[\(bytes.count / width)],\"data_offsets\":[0,\(bytes.count)]}}"
    if header.utf8.count % 2 == 0 { header += " " }
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    return directory.write(length + Array(header.utf8) + bytes, to: "\(type).safetensors")
  }
}
