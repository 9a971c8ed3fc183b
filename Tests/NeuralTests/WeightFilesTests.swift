import Neural
import Tensor
import Testing
import Weights

struct WeightFilesTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ name: String, _ tensors: [String: [Int]]) throws {
    let tensors = try tensors.mapValues { try Tensor.zeros($0) }
    try SafetensorsFile.write(tensors, to: "\(directory.path)/\(name)")
  }

  private func refusal(variant: String? = nil) -> String {
    let error = #expect(throws: NeuralError.self) {
      _ = try WeightFiles(directory: directory.path, stem: "model", variant: variant)
    }
    return error?.message ?? ""
  }

  @Test func shardsAreReadThroughTheirIndex() throws {
    try write("model-00001-of-00002.safetensors", ["a.weight": [2]])
    try write("model-00002-of-00002.safetensors", ["b.weight": [3], "b.bias": [1]])
    let index = """
      {"metadata": {"total_size": 24}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors",
       "b.weight": "model-00002-of-00002.safetensors", "b.bias": "model-00002-of-00002.safetensors"}}
      """
    _ = directory.write(index.utf8, to: "model.safetensors.index.json")
    let files = try WeightFiles(directory: directory.path, stem: "model")
    let scope = WeightScope(files)["b"]
    #expect(try scope.tensor("weight", shape: [3]).shape == [3])
    #expect(files.unused.sorted() == ["a.weight", "b.bias"])
    #expect(files.path == directory.path)
  }

  @Test(arguments: [
    ("{}", "no weight_map"), ("{\"weight_map\": {\"a\": 3}}", "not the name of a file"),
    ("{\"weight_map\": {\"a\": \"../x.safetensors\"}}", "not the name of a file"),
    ("{\"weight_map\": {\"a\": \"none.safetensors\"}}", "none.safetensors: no such file"),
    ("{\"weight_map\": {\"c\": \"shard.safetensors\"}}", "no tensor 'c'"), ("{", "not valid JSON"),
  ])
  func brokenIndices(text: String, part: String) throws {
    try write("shard.safetensors", ["a": [1]])
    _ = directory.write(text.utf8, to: "model.safetensors.index.json")
    #expect(refusal().contains(part))
  }

  @Test func variantsAreChosenByName() throws {
    try write("model.safetensors", ["a": [1]])
    try write("model.fp16.safetensors", ["a": [2]])
    let files = try WeightFiles(directory: directory.path, stem: "model", variant: "fp16")
    #expect(files.entries.map(\.shape) == [[2]])
    #expect(refusal(variant: "ema").contains("model.ema.safetensors: no such file"))
  }

  @Test func picklesAreNamedAndNotOpened() {
    _ = directory.write([0], to: "model.bin")
    #expect(refusal().contains("model.bin is a pickle"))
  }

  @Test func oneTensorInTwoFiles() throws {
    try write("one.safetensors", ["a": [1]])
    try write("two.safetensors", ["a": [1]])
    let files = try ["one", "two"].map { try SafetensorsFile(path: "\(directory.path)/\($0).safetensors") }
    #expect(throws: NeuralError.self) { try WeightFiles(files) }
  }

  @Test func aScopeSaysWhatItMissed() throws {
    try write("model.safetensors", ["block.0.weight": [2, 3]])
    let files = try WeightFiles(directory: directory.path, stem: "model")
    let scope = WeightScope(files)["block", 0]
    let path = "\(directory.path)/model.safetensors"
    #expect(throws: NeuralError("\(path): no tensor 'block.0.bias' (expected one of shape {2})")) {
      try scope.tensor("bias", shape: [2])
    }
    #expect(throws: NeuralError("\(path): tensor 'block.0.weight' has shape {2, 3}, expected {3, 2}")) {
      try scope.tensor("weight", shape: [3, 2])
    }
  }
}
