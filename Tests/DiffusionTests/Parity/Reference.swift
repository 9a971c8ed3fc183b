import Encoding
import Families
import Glibc
import Sampling
import Tensor
import Testing
import Weights

/// A checkpoint and what diffusers and transformers make of it (Scripts/dev/goldens/outputs.py).
///
/// The suites run over the two small checkpoints beside the tests; with `LUNETTE_PARITY_DIR` in the environment also
/// over the one that `Scripts/dev/parity` prepared there, printing each difference.
struct Reference: CustomTestStringConvertible, Sendable {
  let name: String
  /// Directory of the checkpoint.
  let model: String
  let outputs: SafetensorsFile
  /// Prompts with their ids, the prompt of the runs, and notes on the traced run.
  let cases: JSON

  var testDescription: String { name }

  static let all: [Reference] = {
    var all = ["tiny-sd1", "tiny-sd2"].compactMap { name in
      try? Reference(
        name: name, model: Goldens.path(name), outputs: Goldens.path("\(name).safetensors"),
        cases: Goldens.path("cases.json"))
    }
    if let directory = Self.parityDirectory,
      let extra = try? Reference(
        name: "model", model: "\(directory)/model", outputs: "\(directory)/model.safetensors",
        cases: "\(directory)/cases.json")
    {
      all.append(extra)
    }
    return all
  }()

  static let withCLIP = all.filter { access("\($0.model)/clip/config.json", F_OK) == 0 }

  static var parityDirectory: String? { getenv("LUNETTE_PARITY_DIR").map { String(cString: $0) } }

  private init(name: String, model: String, outputs: String, cases: String) throws {
    self.name = name
    self.model = model
    self.outputs = try SafetensorsFile(path: outputs)
    self.cases = try JSON(file: cases)
  }

  subscript(_ key: String) -> Tensor {
    get throws { try outputs.tensor(named: key) }
  }

  func has(_ key: String) -> Bool { outputs.entry(named: key) != nil }

  func number(_ key: String) throws -> Int { try Int(self[key].toArray()[0]) }

  func ids(_ key: String) throws -> [Int] { try self[key].toArray().map { Int($0) } }

  var runPrompt: String { cases["prompt"]?.string ?? "" }

  var tokens: [(prompt: String, ids: [Int])] {
    (cases["tokens"]?[name]?.array ?? []).map {
      ($0["prompt"]?.string ?? "", ($0["ids"]?.array ?? []).compactMap(\.int))
    }
  }

  func pipeline() throws -> Pipeline { try Checkpoint(directory: model).pipeline() }

  /// Expects the largest absolute difference to be at most `tolerance` of the reference's largest absolute value.
  func expect(
    _ found: Tensor, like key: String, within tolerance: Float,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let reference = try self[key]
    try #require(found.shape == reference.shape, "\(name) \(key)", sourceLocation: sourceLocation)
    let scale = try reference.abs().max().item()
    let difference = try found.subtracting(reference).abs().max().item() / scale
    report(key, difference, limit: tolerance)
    #expect(
      difference <= tolerance, "\(name) \(key): \(difference) of the largest value \(scale)",
      sourceLocation: sourceLocation)
  }

  /// A line of the table that `Scripts/dev/parity` shows.
  func report(_ what: String, _ value: Float, limit: Float) {
    guard Self.parityDirectory != nil else { return }
    print("parity | \(name) | \(what) | \(value) | \(limit) |")
  }
}
