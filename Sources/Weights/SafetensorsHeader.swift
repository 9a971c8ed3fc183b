import Encoding
import Neural
import Tensor

/// The table of contents of a safetensors file: eight bytes of length, a JSON object, then the numbers.
///
/// Everything that the header claims is checked before anything is read: its own length, the JSON, and for each
/// tensor the number format, the shape, and that its bytes lie inside the file, match the shape and belong to no
/// other tensor.
public struct SafetensorsHeader: Sendable {
  public struct Entry: Sendable {
    public let name: String
    public let type: ElementType
    public let shape: [Int]
    /// Where the numbers lie, in bytes from the start of the file.
    public let bytes: Range<Int>
    public var count: Int { shape.reduce(1, *) }
  }

  /// Tensors in the order of the file's bytes.
  public let entries: [Entry]
  /// The free-form strings under `__metadata__`.
  public let metadata: [String: String]

  /// Limit of the reference implementation, against headers made to exhaust memory.
  private static let maximumLength = 100_000_000

  /// Parses and checks the header at the start of `file`; `path` names the file in errors.
  init(file: UnsafeRawBufferPointer, path: String) throws {
    func fail(_ message: String) -> NeuralError { NeuralError("\(path): \(message)") }
    guard file.count >= 8 else {
      throw fail("not a safetensors file: \(file.count) bytes, at least 8 are needed for the header length")
    }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    // The first bytes of other formats may be a small number too; an object after it is what they never have.
    if file.count > 8, file[8] != UInt8(ascii: "{"), let name = ForeignFile.name(of: file) {
      throw fail(name)
    }
    guard length <= SafetensorsHeader.maximumLength else {
      throw fail(ForeignFile.name(of: file) ?? "bad header length \(length): not a safetensors file")
    }
    let start = 8 + Int(length)
    guard start <= file.count else {
      throw fail("bad header length \(length): the file has only \(file.count) bytes, it may be truncated")
    }
    let json: JSON
    do {
      json = try JSON(parsing: UnsafeRawBufferPointer(rebasing: file[8..<start]))
    } catch let error as JSONError {
      throw fail("bad header: not valid JSON: \(error.message) at byte \(8 + error.position)")
    }
    guard let object = json.object else { throw fail("bad header: expected an object, got \(json.kind)") }

    var metadata: [String: String] = [:]
    var entries: [Entry] = []
    entries.reserveCapacity(object.count)
    for (name, value) in zip(object.keys, object.values) {
      if name == "__metadata__" {
        for (key, value) in zip(value.object?.keys ?? [], value.object?.values ?? []) {
          metadata[key] = value.string
        }
      } else {
        entries.append(try SafetensorsHeader.entry(name, value, dataStart: start, fail: fail))
      }
    }
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    try SafetensorsHeader.checkLayout(entries, dataStart: start, size: file.count, fail: fail)
    self.entries = entries
    self.metadata = metadata
  }

  private static func entry(
    _ name: String, _ value: JSON, dataStart: Int, fail: (String) -> NeuralError
  ) throws -> Entry {
    func bad(_ message: String) -> NeuralError { fail("bad header: tensor '\(name)': \(message)") }
    guard let typeName = value["dtype"]?.string else { throw bad("no dtype") }
    guard let type = ElementType(named: typeName) else { throw bad("unknown dtype '\(typeName)'") }
    guard let dimensions = value["shape"]?.array else { throw bad("no shape") }
    let shape = try dimensions.map { dimension in
      guard let size = dimension.int, size >= 0 else { throw bad("shape has \(dimension) for a dimension") }
      return size
    }
    guard let offsets = value["data_offsets"]?.array, offsets.count == 2, let begin = offsets[0].int,
      let end = offsets[1].int
    else { throw bad("data_offsets are not two whole numbers") }
    guard begin >= 0, end >= begin else { throw bad("data_offsets [\(begin), \(end)] are not a range") }

    var bits = type.bitWidth
    for size in shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: size)
      guard !overflow else { throw bad("shape \(Shape.text(shape)) is too large") }
      bits = product
    }
    guard bits % 8 == 0, end - begin == bits / 8 else {
      throw bad(
        "\(type) \(Shape.text(shape)) needs \((bits + 7) / 8) bytes, data_offsets give \(end - begin)")
    }
    return Entry(name: name, type: type, shape: shape, bytes: dataStart + begin..<dataStart + end)
  }

  /// Entries, in order, must cover the data: no overlap, no gap, nothing after the end, nothing left over.
  private static func checkLayout(
    _ entries: [Entry], dataStart: Int, size: Int, fail: (String) -> NeuralError
  ) throws {
    if let last = entries.max(by: { $0.bytes.upperBound < $1.bytes.upperBound }), last.bytes.upperBound > size
    {
      throw fail(
        "truncated, or offsets out of range: tensor '\(last.name)' ends at byte \(last.bytes.upperBound), "
          + "the file has \(size)")
    }
    var end = dataStart
    var previous: Entry?
    for entry in entries {
      if entry.bytes.lowerBound < end, let previous {
        throw fail("bad header: the bytes of tensors '\(previous.name)' and '\(entry.name)' overlap")
      }
      guard entry.bytes.lowerBound == end else {
        throw fail(
          "bad header: \(entry.bytes.lowerBound - end) bytes before tensor '\(entry.name)' belong to no tensor"
        )
      }
      end = entry.bytes.upperBound
      if !entry.bytes.isEmpty { previous = entry }
    }
    guard end == size else { throw fail("bad header: the last \(size - end) bytes belong to no tensor") }
  }
}
