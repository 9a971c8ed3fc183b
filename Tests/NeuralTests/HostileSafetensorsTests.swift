import Glibc
import Neural
import Testing
import Weights

/// Files that lie: each must be refused with one line that says what is wrong.
struct HostileSafetensorsTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func file(header: String, length: UInt64? = nil, data: Int) -> String {
    let length = length ?? UInt64(header.utf8.count)
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8)
    return directory.write(bytes + [UInt8](repeating: 0, count: data), to: "x.safetensors")
  }

  private func expectRefusal(
    _ path: String, _ part: String? = nil, _ location: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: NeuralError.self, sourceLocation: location) {
      _ = try SafetensorsFile(path: path)
    }
    guard let message = error?.message else { return }
    if let part { #expect(message.contains(part), sourceLocation: location) }
    #expect(message.hasPrefix(path), "names the file", sourceLocation: location)
    #expect(!message.contains("\n"), "one line", sourceLocation: location)
  }

  private static func entry(_ name: String, _ dtype: String, _ shape: String, _ begin: String, _ end: String)
    -> String
  {
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
  }

  @Test func missingFile() { expectRefusal("\(directory.path)/none.safetensors", "no such file") }

  @Test func directoryInsteadOfFile() { expectRefusal(directory.path, "not a file") }

  @Test(arguments: [0, 1, 7])
  func tooShortForALength(size: Int) {
    expectRefusal(directory.write([UInt8](repeating: 1, count: size), to: "x.safetensors"), "\(size) bytes")
  }

  @Test(arguments: [3, 100, 99_999_999] as [UInt64])
  func headerLongerThanTheFile(length: UInt64) {
    expectRefusal(file(header: "{}", length: length, data: 0), "bad header length \(length)")
  }

  /// Formats whose first bytes are a small number where safetensors has a length.
  @Test(
    arguments: [
      (Array("PK\u{3}\u{4}".utf8) + [0, 0, 0, 0, 0, 0], "pickle"),
      (Array("PK\u{3}\u{4}".utf8) + [20, 0, 0, 0, 8, 0], "pickle"),
      ([0x80, 4, 0x95, 0x10, 1, 0, 0, 0, 0, 0], "pickle"),
      ([0x80, 2, 0x7d, 0x71, 0, 0x58, 1, 0, 0, 0], "pickle"),
      (Array("GGUF".utf8) + [3, 0, 0, 0, 1, 0], "GGUF"), (Array("<html><p>".utf8), "web page"),
    ] as [([UInt8], String)])
  func otherFormats(start: [UInt8], name: String) {
    expectRefusal(directory.write(start + [UInt8](repeating: 1, count: 64), to: "x.safetensors"), name)
  }

  @Test func headerOfThePicklesNumber() {
    expectRefusal(file(header: "{}", length: 0x280, data: 0), "bad header length 640")
  }

  @Test(arguments: [100_000_001, 1 << 40, .max, .max - 7, 1 << 63] as [UInt64])
  func absurdHeaderLength(length: UInt64) {
    expectRefusal(file(header: "{}", length: length, data: 64), "bad header length \(length)")
  }

  @Test(arguments: [
    "", "   ", "{", "[]", "{}x", "null", "{\"a\":}", "{'a':1}", "\u{0}\u{0}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,NaN]}}",
  ])
  func headerThatIsNoObject(text: String) {
    expectRefusal(file(header: text, data: 0), "bad header")
  }

  @Test func headerNestedWithoutEnd() {
    expectRefusal(file(header: String(repeating: "[", count: 100_000), data: 0), "nested too deeply")
  }

  @Test func headerWithInvalidUTF8() {
    let header: [UInt8] = Array("{\"".utf8) + [0xff, 0xfe] + Array("\":1}".utf8)
    let bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    expectRefusal(directory.write(bytes, to: "x.safetensors"), "invalid UTF-8")
  }

  @Test func nameTwice() {
    let entry = Self.entry("a", "F32", "[1]", "0", "4")
    expectRefusal(file(header: "{\(entry),\(entry)}", data: 4), "\"a\" appears twice")
  }

  @Test(arguments: [
    ("1", "no dtype"), ("{}", "no dtype"), ("{\"dtype\":\"F32\"}", "no shape"),
    ("{\"dtype\":\"F32\",\"shape\":[1]}", "data_offsets"),
    ("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}", "data_offsets"),
    ("{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,\"4\"]}", "data_offsets"),
    ("{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}", "shape"),
    ("{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}", "shape"),
    ("{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}", "unknown dtype 'F33'"),
    ("{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}", "no dtype"),
  ])
  func malformedEntry(entry: String, part: String) {
    expectRefusal(file(header: "{\"the.name\":\(entry)}", data: 4), part)
    expectRefusal(file(header: "{\"the.name\":\(entry)}", data: 4), "the.name")
  }

  @Test(arguments: [
    ("F32", "[2]", "0", "4"), ("F16", "[3]", "0", "12"), ("F64", "[1]", "0", "4"), ("F32", "[]", "0", "0"),
    ("F32", "[0]", "0", "4"), ("BF16", "[2,2]", "0", "16"), ("F4", "[3]", "0", "1"),
  ])
  func sizeThatDoesNotMatchTheShape(dtype: String, shape: String, begin: String, end: String) {
    expectRefusal(file(header: "{\(Self.entry("w", dtype, shape, begin, end))}", data: Int(end)!), "'w'")
  }

  @Test func shapeWhoseSizeOverflows() {
    let shapes = [
      "[9007199254740992,9007199254740992]", "[4294967296,4294967296,4]", "[4611686018427387904]",
    ]
    for shape in shapes {
      expectRefusal(file(header: "{\(Self.entry("w", "F32", shape, "0", "0"))}", data: 0), "'w'")
    }
  }

  @Test(arguments: [("4", "0"), ("-4", "0"), ("0", "-4"), ("1e300", "1e301"), ("0", "18446744073709551616")])
  func offsetsThatAreNoRange(begin: String, end: String) {
    expectRefusal(file(header: "{\(Self.entry("w", "F32", "[1]", begin, end))}", data: 4), "data_offsets")
  }

  @Test func offsetsBeyondTheEnd() {
    expectRefusal(file(header: "{\(Self.entry("w", "F32", "[2]", "0", "8"))}", data: 7), "truncated")
    expectRefusal(
      file(header: "{\(Self.entry("w", "F32", "[1]", "4096", "4100"))}", data: 64), "out of range")
  }

  @Test func overlappingTensors() {
    let entries = [Self.entry("a", "F32", "[2]", "0", "8"), Self.entry("b", "F32", "[2]", "4", "12")]
    expectRefusal(file(header: "{\(entries.joined(separator: ","))}", data: 12), "'a' and 'b' overlap")
    let same = [Self.entry("a", "F32", "[2]", "0", "8"), Self.entry("b", "F32", "[2]", "0", "8")]
    expectRefusal(file(header: "{\(same.joined(separator: ","))}", data: 8), "overlap")
    let inside = [
      Self.entry("a", "F32", "[4]", "0", "16"), Self.entry("b", "F32", "[1]", "4", "8"),
      Self.entry("c", "F32", "[1]", "16", "20"),
    ]
    expectRefusal(file(header: "{\(inside.joined(separator: ","))}", data: 20), "overlap")
  }

  @Test func bytesThatBelongToNoTensor() {
    let gap = [Self.entry("a", "F32", "[1]", "0", "4"), Self.entry("b", "F32", "[1]", "8", "12")]
    expectRefusal(
      file(header: "{\(gap.joined(separator: ","))}", data: 12), "before tensor 'b' belong to no tensor")
    expectRefusal(
      file(header: "{\(Self.entry("a", "F32", "[1]", "0", "4"))}", data: 5), "belong to no tensor")
  }

  /// No cut and no single changed byte of a good file may do worse than throw.
  @Test func everyTruncationAndManyCorruptions() throws {
    let header = "{\(Self.entry("a", "F32", "[2]", "0", "8")),\(Self.entry("b", "F16", "[1,2]", "8", "12"))}"
    let path = file(header: header, data: 12)
    _ = try SafetensorsFile(path: path).tensors()
    let good = directory.read("x.safetensors")
    for size in 0..<good.count {
      expectRefusal(directory.write(good.prefix(size), to: "cut.safetensors"))
    }
    for position in 0..<(8 + header.utf8.count) {
      for byte in [0x30, 0x7d, 0xff] as [UInt8] {
        var bytes = good
        bytes[position] = byte
        _ = try? SafetensorsFile(path: directory.write(bytes, to: "bent.safetensors")).tensors()
      }
    }
  }

  @Test func unreadableDtypeIsNamedOnlyWhenRead() throws {
    let path = file(header: "{\(Self.entry("w", "F8_E4M3", "[4]", "0", "4"))}", data: 4)
    let opened = try SafetensorsFile(path: path)
    let error = #expect(throws: NeuralError.self) { try opened.tensor(named: "w") }
    #expect(error?.message == "\(path): tensor 'w' has dtype F8_E4M3, which cannot be read")
  }
}
