import Encoding
import Glibc
import Neural
import Synchronization
import Tensor

/// The weights of one model: one safetensors file or the shards that an index file lists.
///
/// Remembers which tensors were asked for, so that what a model did not use can be named.
public final class WeightFiles: WeightSource {
  public let files: [SafetensorsFile]
  private let owners: [String: Int]
  private let used = Mutex<Set<String>>([])

  public init(_ files: [SafetensorsFile]) throws {
    self.files = files
    var owners: [String: Int] = [:]
    for (index, file) in files.enumerated() {
      for entry in file.entries {
        if let other = owners.updateValue(index, forKey: entry.name) {
          throw NeuralError("\(file.path): tensor '\(entry.name)' is also in \(files[other].path)")
        }
      }
    }
    self.owners = owners
  }

  /// A single `.safetensors` file.
  public convenience init(path: String) throws {
    try self.init([SafetensorsFile(path: path)])
  }

  /// The weights called `stem` in a directory: `stem.safetensors`, or `stem.safetensors.index.json` and its
  /// shards; with a variant `stem.fp16.safetensors`.
  ///
  /// - Throws: `NeuralError` that names what is missing; files in other formats are named but never opened.
  public convenience init(directory: String, stem: String, variant: String? = nil) throws {
    let name = variant.map { "\(stem).\($0)" } ?? stem
    let single = "\(directory)/\(name).safetensors"
    if access(single, F_OK) == 0 {
      try self.init(path: single)
      return
    }
    // Both spellings of a variant's index are in use.
    let indices =
      ["\(name).safetensors.index.json"] + (variant.map { ["\(stem).safetensors.index.\($0).json"] } ?? [])
    for index in indices.map({ "\(directory)/\($0)" }) where access(index, F_OK) == 0 {
      try self.init(shardsOf: index, in: directory)
      return
    }
    let pickled = "\(directory)/\(stem).bin"
    throw NeuralError(
      access(pickled, F_OK) == 0
        ? "\(single): no such file (\(stem).bin is a pickle and is not read: convert it to safetensors)"
        : "\(single): no such file")
  }

  private convenience init(shardsOf index: String, in directory: String) throws {
    guard let map = try JSON(file: index)["weight_map"]?.object else {
      throw NeuralError("\(index): no weight_map")
    }
    var shards: [String: SafetensorsFile] = [:]
    for (tensor, shard) in zip(map.keys, map.values) {
      guard let name = shard.string, !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw NeuralError("\(index): the shard of '\(tensor)' is \(shard), not the name of a file beside it")
      }
      if shards[name] == nil { shards[name] = try SafetensorsFile(path: "\(directory)/\(name)") }
      guard shards[name]?.entry(named: tensor) != nil else {
        throw NeuralError("\(directory)/\(name): no tensor '\(tensor)', though \(index) says so")
      }
    }
    try self.init(shards.sorted { $0.key < $1.key }.map(\.value))
  }

  /// Where error messages say the weights are: the file, or the directory of the shards.
  public var path: String {
    guard files.count != 1, let first = files.first else { return files.first?.path ?? "(no file)" }
    return String(first.path[..<(first.path.lastIndex(of: "/") ?? first.path.endIndex)])
  }

  public var entries: [SafetensorsFile.Entry] { files.flatMap(\.entries) }

  public var names: [String] { entries.map(\.name) }

  public func shape(of name: String) -> [Int]? { entry(named: name)?.shape }

  public func entry(named name: String) -> SafetensorsFile.Entry? {
    owners[name].flatMap { files[$0].entry(named: name) }
  }

  /// Names of the tensors that nothing has asked for, in file order.
  public var unused: [String] {
    let used = used.withLock { $0 }
    return entries.map(\.name).filter { !used.contains($0) }
  }

  public func reader(named name: String, shape: [Int]) throws -> WeightReader {
    if let fault = fault(name, shape: shape) { throw fault }
    guard let owner = owners[name] else { throw NeuralError("\(path): no tensor '\(name)'") }
    used.withLock { _ = $0.insert(name) }
    let file = files[owner]
    try file.checkConversion(of: name)
    return WeightReader(
      whole: { try file.tensor(named: name) }, rows: { try file.read(name, rows: $0, into: $1) })
  }

  /// The tensor `name` as float32.
  public func tensor(named name: String) throws -> Tensor {
    guard let owner = owners[name] else { throw NeuralError("\(path): no tensor '\(name)'") }
    used.withLock { _ = $0.insert(name) }
    return try files[owner].tensor(named: name)
  }
}
