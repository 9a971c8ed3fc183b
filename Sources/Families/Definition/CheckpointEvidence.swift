import Models
import Tensor
import Weights

/// What is known of a checkpoint before its parts are read: what families are told apart by.
public enum CheckpointEvidence: Sendable {
  /// In the layout of diffusers: what `model_index.json` says.
  case directory(pipelineClass: String, components: [ComponentSource])
  /// One file with everything: names and shapes.
  case file(WeightFiles)

  /// Whether a directory has a part of this name.
  public func hasComponent(_ name: String) -> Bool {
    guard case .directory(_, let components) = self else { return false }
    return components.contains { $0.name == name }
  }

  /// The config of a directory's part; nil where there is none that can be read.
  public func configuration(of name: String) -> Configuration? {
    guard case .directory(_, let components) = self else { return nil }
    return try? components.first { $0.name == name }?.configuration()
  }

  /// The shape of a tensor in a single file.
  public func shape(of name: String) -> [Int]? {
    guard case .file(let files) = self else { return nil }
    return files.shape(of: name)
  }

  /// Whether a single file, or the model in it as its metadata calls it, has a name that begins so.
  public func isCalled(_ beginnings: String...) -> Bool {
    guard case .file(let files) = self else { return false }
    let file = files.path.split(separator: "/").last.map(String.init) ?? files.path
    let names = [file, files.files[0].metadata["modelspec.title"] ?? ""].map { $0.lowercased() }
    return names.contains { name in beginnings.contains { name.hasPrefix($0) } }
  }

  /// A tensor of a single file; nil if it has none of this name that can be read.
  func tensor(_ name: String) -> Tensor? {
    guard case .file(let files) = self else { return nil }
    return try? files.tensor(named: name)
  }

  /// Whether a single file has names that begin so.
  public func hasNames(_ prefix: String) -> Bool {
    guard case .file(let files) = self else { return false }
    return files.names.contains { $0.hasPrefix(prefix) }
  }
}
