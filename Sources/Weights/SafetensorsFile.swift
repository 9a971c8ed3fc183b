import Neural
import Platform
import Tensor

/// A memory-mapped safetensors file: opening reads only the header, each tensor is converted when asked for.
///
/// A file that another program changes while it is mapped is an error of whatever reads it next (`MappedFile`).
public final class SafetensorsFile: Sendable {
  public typealias Entry = SafetensorsHeader.Entry

  public let path: String
  public let header: SafetensorsHeader
  private let file: MappedFile
  private let positions: [String: Int]

  /// Maps the file and checks its whole header; throws `NeuralError` that names the path and the fault.
  public init(path: String) throws {
    self.path = path
    do {
      file = try MappedFile(path: path)
      header = try file.read { try SafetensorsHeader(file: $0, path: path) }
    } catch let error as FileError {
      throw NeuralError(error)
    }
    positions = Dictionary(
      uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
  }

  /// Tensors in the order of the file.
  public var entries: [Entry] { header.entries }
  public var metadata: [String: String] { header.metadata }

  public func entry(named name: String) -> Entry? { positions[name].map { header.entries[$0] } }

  /// The tensor `name` as float32, in the shape that the file gives it.
  public func tensor(named name: String) throws -> Tensor {
    guard let entry = entry(named: name) else { throw NeuralError("\(path): no tensor '\(name)'") }
    let tensor = try Tensor.uninitialized(entry.shape)
    try tensor.withUnsafeMutableBuffer { buffer in
      guard let destination = buffer.baseAddress, entry.count > 0 else { return }
      try widen(entry, entry.bytes, to: destination, count: entry.count)
    }
    return tensor
  }

  /// Some entries of the first dimension of the tensor `name` as float32, on any thread.
  func read(_ name: String, rows: Range<Int>, into out: UnsafeMutablePointer<Float>) throws {
    guard let entry = entry(named: name) else { throw NeuralError("\(path): no tensor '\(name)'") }
    guard let all = entry.shape.first, (0...all).contains(rows.lowerBound), rows.upperBound <= all else {
      throw NeuralError("\(path): tensor '\(name)' has no rows \(rows)")
    }
    guard entry.count > 0, !rows.isEmpty else { return }
    let width = entry.bytes.count / all
    let first = entry.bytes.lowerBound + rows.lowerBound * width
    try widen(
      entry, first..<first + rows.count * width, to: out, count: rows.count * (entry.count / all))
  }

  /// Converts some of a tensor's bytes, and gives their pages back: a whole model's would be half of its size again.
  private func widen(
    _ entry: Entry, _ bytes: Range<Int>, to out: UnsafeMutablePointer<Float>, count: Int
  ) throws {
    do {
      try file.read { all in
        guard let base = all.baseAddress else { return }
        guard entry.type.widen(base + bytes.lowerBound, to: out, count: count) else {
          throw unreadable(entry)
        }
      }
    } catch let error as FileError {
      throw NeuralError(error)
    }
    file.giveBack(bytes)
  }

  /// Throws if the tensor's number format has no conversion.
  func checkConversion(of name: String) throws {
    guard let entry = entry(named: name) else { throw NeuralError("\(path): no tensor '\(name)'") }
    guard entry.type.isReadable else { throw unreadable(entry) }
  }

  private func unreadable(_ entry: Entry) -> NeuralError {
    NeuralError("\(path): tensor '\(entry.name)' has dtype \(entry.type), which cannot be read")
  }

  /// The file's tensors, by name, as float32.
  public func tensors() throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: entries.map { ($0.name, try tensor(named: $0.name)) })
  }
}
