import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Words for both text encoders of Stable Diffusion XL, against diffusers' loader (Scripts/dev/goldens/sdxl.py).
@Suite struct SDXLWordTests {
  private func golden(_ name: String) throws -> Tensor {
    try SafetensorsFile(path: Goldens.path("tiny-sdxl.safetensors")).tensor(named: name)
  }

  private func path(_ name: String) -> String { Goldens.path("tiny-sdxl/\(name).safetensors") }

  private func pipeline(
    _ change: (inout CheckpointOptions) throws -> Void
  ) throws -> Pipeline {
    var options = CheckpointOptions()
    try change(&options)
    return try Checkpoint(path: Goldens.path("tiny-sdxl"), options: options).pipeline()
  }

  private func withWords() throws -> Pipeline {
    try pipeline { options in
      options.embeddings = try ["toy", "hat"].map {
        try TextualInversion(path: path($0), token: "<\($0)>")
      }
    }
  }

  @Test func bothTablesGrowByTheSameWords() throws {
    let pipeline = try withWords()
    for (index, text) in ["a <toy> on the road", "<hat>, a<toy>b and a <hat>"].enumerated() {
      let ids = try golden("words.\(index).ids").toArray().map { Int($0) }
      #expect(try pipeline.tokenize(text).ids == ids)
      let known = try pipeline.conditioning(text)
      #expect(difference(known.tokens, try golden("words.\(index).tokens")) < 1e-4)
      #expect(difference(try #require(known.pooled), try golden("words.\(index).pooled")) < 1e-4)
    }
    // One word, whose map is that of all its vectors.
    #expect(try pipeline.tokenize("a <toy> on").tokens.map(\.word) == [nil, 1, 2, 2, 3, nil])
    #expect(try pipeline.tokenizer.detokenize(pipeline.tokenize("a <hat> on").ids) == "a <hat> on")
  }

  @Test func whatHasNoWordsIsAsBefore() throws {
    let (with, without) = (try withWords(), try pipeline { _ in })
    let (one, other) = (try with.conditioning("a red car"), try without.conditioning("a red car"))
    #expect(one.tokens.toArray() == other.tokens.toArray())
    #expect(try #require(one.pooled).toArray() == #require(other.pooled).toArray())
  }

  /// A choice of tokens may be an added word; the text ends where its end token is.
  @Test func softTextsKnowTheWords() throws {
    let pipeline = try withWords()
    let padded = try pipeline.tokenize("a <toy> and <hat>")
    let ids = Array(padded.ids.prefix(padded.tokens.count))
    let hard = try pipeline.conditioning(ids: ids)
    let vocabulary = pipeline.tokenizer.vocabularySize
    var choices = [Float](repeating: 0, count: ids.count * vocabulary)
    for (position, id) in ids.enumerated() { choices[position * vocabulary + id] = 1 }
    let soft = try pipeline.conditioning(soft: Tensor(choices, shape: [ids.count, vocabulary]))
    #expect(difference(soft.tokens, hard.tokens) < 1e-4)
    #expect(difference(try #require(soft.pooled), try #require(hard.pooled)) < 1e-4)
  }

  @Test func adaptersBringWordsForBoth() throws {
    let workshop = try Workshop()
    var tensors = try SafetensorsFile(path: Goldens.path("tiny-sdxl/lora.safetensors")).tensors()
    let words = try SafetensorsFile(path: path("toy")).tensors()
    for (key, vectors) in words { tensors["bundle_emb.<toy>.\(key)"] = vectors }
    let bundle = "\(workshop.path)/bundle.safetensors"
    try SafetensorsFile.write(tensors, to: bundle)
    let bundled = try pipeline { $0.loras = [try LoRA(path: bundle)] }
    let apart = try pipeline {
      $0.loras = [try LoRA(path: Goldens.path("tiny-sdxl/lora.safetensors"))]
      $0.embeddings = [try TextualInversion(path: path("toy"), token: "<toy>")]
    }
    let (one, other) = (try bundled.conditioning("a <toy>"), try apart.conditioning("a <toy>"))
    #expect(difference(one.tokens, other.tokens) < 1e-6)
    #expect(difference(try #require(one.pooled), try #require(other.pooled)) < 1e-6)
  }

  @Test func wordsForOtherModelsAreNamed() throws {
    let workshop = try Workshop()
    func message(_ shapes: [String: [Int]], model: String = "tiny-sdxl") -> String {
      do {
        var options = CheckpointOptions()
        options.embeddings = [try TextualInversion(path: workshop.file("my-toy.safetensors", shapes))]
        let pipeline = try Checkpoint(path: Goldens.path(model), options: options).pipeline()
        return try pipeline.tokenize("a my-toy dog").words.joined(separator: " ")
      } catch { return "\(error)" }
    }
    let both = ["clip_l": [2, 16], "clip_g": [2, 24]]
    #expect(message(both) == "a my-toy dog")
    #expect(message(["clip_l": [16], "clip_g": [1, 24]]) == "a my-toy dog")
    #expect(message(["clip_l": [1, 16]]).contains("for one text encoder (clip_l); models of Stable"))
    #expect(message(["clip_g": [1, 24]]).contains("clip_l for text_encoder, clip_g for text_encoder_2"))
    #expect(message(["emb_params": [1, 16]]).contains("an embedding for one text encoder"))
    #expect(
      message(both, model: "tiny-sd1").contains("for several text encoders (clip_g, clip_l), as Stable"))
    #expect(
      message(["clip_l": [2, 16], "clip_g": [1, 24]]).hasSuffix(
        "equally many vectors for each text encoder, got 1 in 'clip_g', 2 in 'clip_l'"))
    #expect(
      message(["clip_l": [1, 16], "clip_g": [1, 16]]).contains("'clip_g': vectors of 16 numbers, the text"))
    #expect(message(["clip_l": [1, 16], "clip_g": [1, 24], "x": [1]]).contains("not a textual inversion"))
  }
}
