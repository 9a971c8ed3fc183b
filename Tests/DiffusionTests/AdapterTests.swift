import Tensor
import Testing
import Weights

@testable import Families

/// LoRA and textual inversion against the definitions and diffusers (Scripts/dev/goldens/adapters.py).
@Suite struct AdapterTests {
  private let golden: SafetensorsFile

  init() throws { golden = try SafetensorsFile(path: Goldens.path("adapters.safetensors")) }

  private func path(_ name: String) -> String { Goldens.path("adapters/\(name).safetensors") }

  private func expect(
    _ options: CheckpointOptions, like kind: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
    let pipeline = try checkpoint.pipeline()
    #expect(checkpoint.warnings == [], sourceLocation: sourceLocation)
    let text = try pipeline.encode("a cat and a pistol")
    let output = try pipeline.denoise(golden.tensor(named: "lora.sample"), timestep: 500, embedding: text)
      .prediction
    #expect(
      difference(text, try golden.tensor(named: "lora.\(kind).hidden")) < 1e-4, sourceLocation: sourceLocation
    )
    #expect(
      difference(output, try golden.tensor(named: "lora.\(kind).out")) < 1e-4, sourceLocation: sourceLocation)
  }

  @Test func adaptersAreAddedUp() throws {
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: path("kohya"), scale: 0.7)]
    try expect(options, like: "kohya")
    options.loras.append(try LoRA(path: path("peft"), scale: -0.5))
    try expect(options, like: "peft")
  }

  /// The same adapter under the names of other tools.
  @Test(arguments: [
    (".lora.down.weight", ".lora.up.weight", ""),
    (".lora_A.default.weight", ".lora_B.default.weight", ""),
    (".lora_linear_layer.down.weight", ".lora_linear_layer.up.weight", ""),
    ("_lora.down.weight", "_lora.up.weight", ".processor"),
  ])
  func otherNamesMeanTheSame(down: String, up: String, infix: String) throws {
    let workshop = try Workshop()
    let file = try SafetensorsFile(path: path("peft"))
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in try file.tensors() {
      let suffix = name.hasSuffix(".lora_A.weight") ? down : up
      var stem = String(name.dropLast(".lora_A.weight".count))
      if !infix.isEmpty, let dot = stem.lastIndex(of: ".") { stem.insert(contentsOf: infix, at: dot) }
      tensors[stem + suffix] = tensor
    }
    let renamed = "\(workshop.path)/lora.safetensors"
    try SafetensorsFile.write(tensors, to: renamed, metadata: file.metadata)
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: path("kohya"), scale: 0.7), try LoRA(path: renamed, scale: -0.5)]
    try expect(options, like: "peft")
  }

  /// kohya's scripts may keep the block numbers of the original code, here of Stable Diffusion 1.
  @Test(arguments: [
    ("input_blocks_0_0", "conv_in"), ("out_2", "conv_out"), ("time_embed_2", "time_embedding.linear_2"),
    ("input_blocks_3_0_op", "down_blocks.0.downsamplers.0.conv"),
    ("input_blocks_4_0_in_layers_2", "down_blocks.1.resnets.0.conv1"),
    ("input_blocks_4_0_emb_layers_1", "down_blocks.1.resnets.0.time_emb_proj"),
    ("input_blocks_4_0_skip_connection", "down_blocks.1.resnets.0.conv_shortcut"),
    (
      "input_blocks_1_1_transformer_blocks_0_attn1_to_q",
      "down_blocks.0.attentions.0.transformer_blocks_0_attn1_to_q"
    ),
    ("middle_block_1_proj_in", "mid_block.attentions.0.proj_in"),
    ("middle_block_2_out_layers_3", "mid_block.resnets.1.conv2"),
    ("output_blocks_2_1_conv", "up_blocks.0.upsamplers.0.conv"),
    ("output_blocks_5_2_conv", "up_blocks.1.upsamplers.0.conv"),
  ])
  func theOriginalCodesNamesAreRead(flat: String, name: String) {
    #expect(LatentDiffusionNames.unet(flat: flat, layers: 2) == name)
  }

  @Test func otherNamesAreNotTheOriginalCodes() {
    #expect(LatentDiffusionNames.unet(flat: "input_blocks_9223372036854775808_0_op", layers: 1) == nil)
    #expect(LatentDiffusionNames.unet(flat: "in_layers_0", layers: 1) == nil)
  }

  @Test func adaptersThatDoNotFitAreNamed() throws {
    let workshop = try Workshop()
    func message(_ shapes: [String: [Int]]) throws -> String {
      do {
        var options = CheckpointOptions()
        options.loras = [try LoRA(path: workshop.file("lora.safetensors", shapes))]
        let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
        _ = try checkpoint.pipeline()
        return checkpoint.warnings.joined()
      } catch { return "\(error)" }
    }
    let layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    let good = ["\(layer).lora_A.weight": [2, 8], "\(layer).lora_B.weight": [8, 2]]
    #expect(try message(good) == "")
    let stray = ["unet.nowhere.lora_A.weight": [2, 8], "unet.nowhere.lora_B.weight": [8, 2]]
    #expect(
      try message(stray).hasSuffix(
        "1 of 1 layers are not in this model (nowhere): made for another model"))
    #expect(
      try message(good.merging(stray) { $1 }).hasSuffix(
        "1 of 2 layers are not in this model (nowhere)"))
    #expect(
      try message(["\(layer).lora_A.weight": [2, 9], "\(layer).lora_B.weight": [8, 2]])
        .contains("of shape {8, 8}: the adapter was made for another model"))
    #expect(try message(["\(layer).lora_A.weight": [2, 8]]).contains("has no counterpart"))
    #expect(
      try message(["lora_te2_a.lora_down.weight": [1], "lora_te2_a.lora_up.weight": [1]])
        .contains("made for another family of models"))
    #expect(try message(["lora_unet_a.oft_blocks": [1]]).contains("an OFT adapter, which is not supported"))
    #expect(try message(["a.b": [1]]).contains("not a LoRA adapter"))
  }

  @Test func wordsAreAdded() throws {
    var options = CheckpointOptions()
    options.embeddings = [try TextualInversion(path: path("cat-toy"))]
    let pipeline = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
    for (index, prompt) in ["a <cat-toy> on the road", "a<cat-toy>b <cat-toy>", "a cat"].enumerated() {
      let ids = try golden.tensor(named: "inversion.\(index).ids").toArray().map { Int($0) }
      #expect(try pipeline.tokenize(prompt).ids == ids)
      #expect(
        difference(try pipeline.encode(prompt), try golden.tensor(named: "inversion.\(index).hidden")) < 1e-4)
    }
    // One word, whose map is that of all its vectors.
    let tokens = try pipeline.tokenize("A <Cat-Toy> on")
    #expect(tokens.words == ["a", "<cat-toy>", "on"])
    #expect(tokens.tokens.map(\.word) == [nil, 1, 2, 2, 3, nil])
    #expect(try pipeline.tokenizer.detokenize(tokens.ids) == "a <cat-toy> on")
    #expect(options.embeddings[0].count == 2)
  }

  @Test func embeddingsThatDoNotFitAreNamed() throws {
    let workshop = try Workshop()
    func message(_ shapes: [String: [Int]], token: String? = nil) -> String {
      do {
        var options = CheckpointOptions()
        options.embeddings = [
          try TextualInversion(path: workshop.file("my-cat.safetensors", shapes), token: token)
        ]
        let pipeline = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
        return try pipeline.tokenize("a my-cat dog").words.joined(separator: " ")
      } catch { return "\(error)" }
    }
    #expect(message(["emb_params": [1, 32]]) == "a my-cat dog")
    #expect(message(["emb_params": [32]]) == "a my-cat dog")
    #expect(message(["<a>": [3, 16]]).contains("vectors of 16 numbers, the text encoder takes 32"))
    #expect(message(["a": [1], "b": [1]]).contains("not a textual inversion embedding"))
    #expect(message(["<a>": [32]], token: "two words").contains("cannot be a token"))
  }
}
