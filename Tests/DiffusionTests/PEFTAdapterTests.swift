import Encoding
import Neural
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models

/// Adapters of each kind against PEFT's own layers and LyCORIS' definitions (Scripts/dev/goldens/peft_adapters.py).
@Suite struct PEFTAdapterTests {
  private let golden: SafetensorsFile

  init() throws { golden = try SafetensorsFile(path: Goldens.path("peft-adapters.safetensors")) }

  private static let chain = [
    ("rank-stabilised.safetensors", 0.5), ("patterns.safetensors", 0.8), ("biases.safetensors", 0.7),
    ("dora.safetensors", 0.6),
  ]

  private func expect(_ loras: [(String, Double)], like name: String, warning: String = "") throws {
    var options = CheckpointOptions()
    options.loras = try loras.map { try LoRA(path: Goldens.path("adapters/kinds/\($0.0)"), scale: $0.1) }
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
    let pipeline = try checkpoint.pipeline()
    #expect(warning.isEmpty ? checkpoint.warnings == [] : checkpoint.warnings.joined().contains(warning))
    let text = try pipeline.encode("a cat and a pistol")
    let output = try pipeline.denoise(golden.tensor(named: "sample"), timestep: 500, embedding: text)
      .prediction
    #expect(difference(text, try golden.tensor(named: "\(name).hidden")) < 1e-4, "\(name): text")
    #expect(difference(output, try golden.tensor(named: "\(name).out")) < 1e-4, "\(name): prediction")
  }

  @Test(arguments: chain)
  func settingsInMetadata(file: String, scale: Double) throws {
    try expect([(file, scale)], like: String(file.split(separator: ".")[0]))
  }

  @Test(arguments: [("dora-text", 1.0), ("whole-modules", 1), ("own-biases", 1), ("table", 0.5)])
  func settingsBesideTheFile(folder: String, scale: Double) throws {
    try expect([("\(folder)/adapter_model.safetensors", scale)], like: folder)
  }

  /// DoRA scales what adapters before it changed, biases too, and measures the model's own weights.
  @Test func severalOnOneLayer() throws { try expect(Self.chain, like: "chain") }

  /// LoHa and LoKr in all their forms (Scripts/dev/goldens/product_adapters.py).
  @Test func products() throws {
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: Goldens.path("adapters/kinds/products.safetensors"), scale: 0.6)]
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
    let pipeline = try checkpoint.pipeline()
    #expect(checkpoint.warnings == [])
    let expected = try SafetensorsFile(path: Goldens.path("product-adapters.safetensors"))
    let text = try pipeline.encode("a cat and a pistol")
    let output = try pipeline.denoise(golden.tensor(named: "sample"), timestep: 500, embedding: text)
      .prediction
    #expect(difference(text, try expected.tensor(named: "hidden")) < 1e-4)
    #expect(difference(output, try expected.tensor(named: "out")) < 1e-4)
  }

  /// PEFT's own, whose settings beside the file say the scale: ranks and alphas by layer, whole matrices, Tucker's form.
  @Test(arguments: [("peft-loha", 0.7), ("peft-lokr", 0.6)])
  func productsOfPEFT(folder: String, scale: Double) throws {
    var options = CheckpointOptions()
    options.loras = [
      try LoRA(path: Goldens.path("adapters/kinds/\(folder)/adapter_model.safetensors"), scale: scale)
    ]
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
    let pipeline = try checkpoint.pipeline()
    #expect(checkpoint.warnings == [])
    let expected = try SafetensorsFile(path: Goldens.path("product-adapters.safetensors"))
    let text = try pipeline.encode("a cat and a pistol")
    let output = try pipeline.denoise(golden.tensor(named: "sample"), timestep: 500, embedding: text)
      .prediction
    #expect(difference(text, try expected.tensor(named: "\(folder).hidden")) < 1e-4)
    #expect(difference(output, try expected.tensor(named: "\(folder).out")) < 1e-4)
  }

  /// Factors that do not fit each other or the layer, or have no partner, are named; none is passed over.
  @Test(
    arguments: [
      (["hada_w1_a": [8, 2], "hada_w1_b": [2, 8], "hada_w2_a": [8, 2], "alpha": [1]], "no counterpart"),
      (["hada_w1_a": [8, 2], "hada_w1_b": [2, 8], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8]], "no alpha"),
      (
        [
          "hada_w1_a": [8, 2], "hada_w1_b": [3, 8], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8], "alpha": [1],
        ], "do not fit"
      ),
      (
        [
          "hada_w1_a": [8, 2], "hada_w1_b": [2, 9], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8], "alpha": [1],
        ], "do not fit"
      ),
      (
        [
          "hada_w1_a": [8, 2], "hada_w1_b": [2, 8], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8], "alpha": [2],
        ], "one number"
      ),
      (
        [
          "hada_w1_a": [8, 2], "hada_w1_b": [2, 8], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8], "alpha": [1],
          "lokr_w1": [2, 2],
        ], "cannot both"
      ),
      (
        [
          "hada_w1_a": [8, 2], "hada_w1_b": [2, 8], "hada_w2_a": [8, 2], "hada_w2_b": [2, 8], "alpha": [1],
          "dora_scale": [8, 1],
        ], "cannot both"
      ),
      (["lokr_w1": [2, 2], "lokr_w2": [4, 5], "alpha": [1]], "do not fit"),
      (["lokr_w1": [0, 2], "lokr_w2": [4, 4], "alpha": [1]], "do not fit"),
      (["lokr_w1": [4], "lokr_w2": [4, 4], "alpha": [1]], "do not fit"),
      (["lokr_w1": [2, 2], "alpha": [1]], "no counterpart"),
      (["lokr_w1": [2, 2], "lokr_w1_a": [2, 1], "lokr_w2": [4, 4], "alpha": [1]], "cannot both"),
      (
        [
          "lokr_w1": [2, 2], "lokr_w2_a": [1, 4], "lokr_w2_b": [1, 4], "lokr_t2": [1, 1, 3, 3], "alpha": [1],
        ], "do not fit"
      ),
      (["lokr_w3": [2, 2], "lokr_w1": [2, 2], "lokr_w2": [4, 4], "alpha": [1]], "nothing is known"),
    ] as [([String: [Int]], String)])
  func productsThatDoNotFitAreNamed(shapes: [String: [Int]], message: String) throws {
    let workshop = try Workshop()
    let layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    var named: [String: [Int]] = [:]
    for (name, shape) in shapes { named["\(layer).\(name)"] = shape }
    let path = try workshop.file("lora.safetensors", named)
    #expect {
      var options = CheckpointOptions()
      options.loras = [try LoRA(path: path)]
      _ = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
    } throws: { "\($0)".contains(message) }
  }

  /// Whole differences, norms, Tucker's form, DoRA by rows and by columns.
  @Test func kohyaAndLyCORIS() throws {
    try expect([("kohya.safetensors", 0.6)], like: "kohya", warning: "have no alpha")
  }

  /// What takes the place of the model's own has no strength.
  @Test(arguments: ["whole-modules", "own-biases"])
  func wholeTensorsHaveNoScale(folder: String) throws {
    var options = CheckpointOptions()
    options.loras = [
      try LoRA(path: Goldens.path("adapters/kinds/\(folder)/adapter_model.safetensors"), scale: 0.5)
    ]
    let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
    #expect(throws: PipelineError.self) { try checkpoint.pipeline() }
  }

  // MARK: Every setting

  /// A whole adapter of two layers with these settings of PEFT.
  private func message(_ settings: [String: JSON], _ extra: [String: [Int]] = [:]) throws -> String {
    let workshop = try Workshop()
    let layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    let shapes = ["\(layer).lora_A.weight": [2, 8], "\(layer).lora_B.weight": [8, 2]].merging(extra) { $1 }
    var note = JSON.Object()
    for (key, value) in settings { note["unet." + key] = value }
    let path = "\(workshop.path)/lora.safetensors"
    try SafetensorsFile.write(
      shapes.mapValues { try .ones($0) }, to: path,
      metadata: ["lora_adapter_metadata": JSON.object(note).description])
    do {
      var options = CheckpointOptions()
      options.loras = [try LoRA(path: path)]
      let checkpoint = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options)
      _ = try checkpoint.pipeline()
      return checkpoint.warnings.joined()
    } catch { return "\(error)" }
  }

  /// No field of PEFT's is unknown, and none that is not supported passes.
  @Test func everyFieldIsHonouredOrRefused() throws {
    let known = try JSON(file: Goldens.path("adapters/peft-fields.json"))
    let products = try #require(known["products"]?.object)
    let added: Set = ["peft_version"]  // PEFT writes it beside the fields
    for kind in PEFTConfig.Kind.allCases {
      let fields = try #require(kind == .lora ? known["fields"]?.object : products[kind.rawValue]?.object)
      let read = Set(PEFTConfig.fields(of: kind).keys)
      #expect(Set(fields.keys).subtracting(read) == [])
      #expect(read.subtracting(fields.keys).subtracting(added) == [])
    }
    let fields = try #require(known["fields"]?.object)
    let defaults = Dictionary(uniqueKeysWithValues: zip(fields.keys, fields.values))
      .filter { !["r", "lora_alpha"].contains($0.key) }
    #expect(try message(defaults.merging(["r": 2]) { $1 }) == "")
    for (name, handling) in PEFTConfig.fields(of: .lora) {
      guard case .only = handling else { continue }
      for value: JSON in [true, 3, "x", ["a": 1], [1]] {
        #expect(try message(["r": 2, name: value]).contains("\(name) = "), "\(name)")
      }
    }
    #expect(try message(["r": 2, "quantum_config": ["a": 1]]).contains("quantum_config"))
    #expect(try message(["r": 2, "quantum_config": nil]) == "")
  }

  /// Whatever PEFT trains in layers, without settings that tell what it is: its name, and no complaint of shapes.
  @Test func everyMethodOfPEFTIsKnownByItsTensors() throws {
    let known = try JSON(file: Goldens.path("adapters/peft-fields.json"))
    let prefixes = try #require(known["prefixes"]?.array).compactMap(\.string)
    #expect(prefixes.count > 20)
    for prefix in prefixes where !["lora_", "hada_", "lokr_"].contains(prefix) {
      for name in ["\(prefix)x", "\(prefix)x.weight"] {
        let workshop = try Workshop()
        let layer = "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
        let path = try workshop.file("adapter_model.safetensors", ["\(layer).\(name)": [8, 2]])
        #expect {
          _ = try LoRA(path: path)
        } throws: {
          "\($0)".contains("not supported")
        }
      }
    }
  }

  @Test func otherKindsOfAdaptersAreRefused() throws {
    let known = try JSON(file: Goldens.path("adapters/peft-fields.json"))
    for type in try #require(known["types"]?.array) where type != "LORA" {
      #expect(try message(["r": 2, "peft_type": type]).contains("peft_type = "))
    }
  }

  @Test(
    arguments: [
      (["r": 3], "the rank of"), (["r": 2, "rank_pattern": ["attn1.to_q": 3]], "the rank of"),
      (["r": 2, "rank_pattern": ["to_q": 2.5]], "rank_pattern must be whole numbers"),
      (["r": 2, "rank_pattern": ["to_q": 0]], "rank_pattern must be whole numbers"),
      (["r": 2, "rank_pattern": ["(": 3]], "the regular expression '('"),
      (["r": "two"], "r must be a whole number"),
      (["r": 2, "lora_alpha": "x"], "lora_alpha must be a number"),
      (["r": 2, "use_dora": true], "use_dora = true"), (["r": 2, "lora_bias": true], "lora_bias = true"),
      (["r": 2, "use_rslora": 1], "use_rslora must be true or false"),
      (["r": 2, "bias": "some"], "bias = "),
      (["r": 2, "target_modules": ["to_k"]], "target_modules leaves out"),
      (["r": 2, "target_modules": ".*to_k"], "target_modules leaves out"),
      (["r": 2, "exclude_modules": ["to_q"]], "exclude_modules names"),
      (["r": 2, "init_lora_weights": "pissa_niter_4"], "init_lora_weights = "),
      (["r": 2, "init_lora_weights": "olora"], "init_lora_weights = "),
      (["r": 2, "init_lora_weights": "loftq"], "init_lora_weights = "),
      (["r": 2, "init_lora_weights": "corda"], "init_lora_weights = "),
      (["r": 2, "init_lora_weights": "lora_ga"], "init_lora_weights = "),
    ] as [([String: JSON], String)])
  func contradictionsAreNamed(settings: [String: JSON], what: String) throws {
    #expect(try message(settings).contains(what))
  }

  @Test func settingsWithoutTheirTensorsAndBack() throws {
    let layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    func with(_ suffix: String, _ shape: [Int], _ settings: [String: JSON] = [:]) throws -> String {
      try message(settings.merging(["r": 2]) { $1 }, [layer + suffix: shape])
    }
    #expect(try with(".lora_magnitude_vector", [8], ["use_dora": false]).contains("use_dora = false"))
    #expect(try with(".lora_magnitude_vector", [8], ["use_dora": true]) == "")
    #expect(try with(".lora_magnitude_vector", [9], ["use_dora": true]).contains("does not fit"))
    #expect(try with(".lora_B.bias", [8], ["lora_bias": false]).contains("lora_bias = false"))
    #expect(try with(".lora_B.bias", [8], ["lora_bias": true]) == "")
    #expect(try with(".lora_B.bias", [9], ["lora_bias": true]).contains("does not fit"))
    #expect(try with(".alpha", [], [:]).contains("state the scale"))
    #expect(try with(".weight", [8, 8]).contains("modules_to_save does not name"))
    #expect(try with(".base_layer.bias", [8]).contains("bias = \"none\""))
  }

  // MARK: Every tensor

  /// One more tensor in a whole adapter changes the result, or is named.
  @Test(arguments: [
    "lora_unet_conv_in.scalar", "lora_unet_conv_in.hada_w1_a", "lora_unet_conv_in.lokr_w1",
    "lora_unet_conv_in.alpha",
    "lora_unet_conv_in.dora_scale", "lora_unet_conv_in.lora_mid.weight", "lora_unet_conv_in.lora_up.weight",
    "lora_unet_conv_in.oft_blocks", "lora_unet_conv_in.on_input", "lora_unet_conv_in.weight",
    "lora_unet_conv_in.diff",
    "lora_unet_conv_in.reshape_weight", "lora_unet_conv_in.diff_c", "conv_in.lora_A.bias",
    "conv_in.lora_C.weight",
    "unet.conv_in.weight", "unet.conv_in.bias", "bundle_emb.word.string_to_param.*", "bundle_emb.word.clip_g",
    "bundle_emb.word.clip_x",
    "noise",
    "unet.conv_in.lora_diag", "unet.conv_in.lora_E", "unet.conv_in.trainable_tokens_delta",
    "lora_te2_x.alpha",
  ])
  func noTensorIsLost(name: String) throws {
    let workshop = try Workshop()
    let layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    let shapes = ["\(layer).lora_down.weight": [2, 8], "\(layer).lora_up.weight": [8, 2], name: [7]]
    do {
      var options = CheckpointOptions()
      options.loras = [try LoRA(path: workshop.file("lora.safetensors", shapes))]
      _ = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
      Issue.record("\(name) passed")
    } catch {
      #expect(
        "\(error)".contains(name.split(separator: ".").prefix(2).joined(separator: "."))
          || name.contains("te2"))
    }
  }

  @Test func missingAlphasAreNamed() throws {
    let workshop = try Workshop()
    let layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_"
    var shapes = ["q", "k"].reduce(into: [String: [Int]]()) {
      $0["\(layer)\($1).lora_down.weight"] = [2, 8]
      $0["\(layer)\($1).lora_up.weight"] = [8, 2]
    }
    #expect(try LoRA(path: workshop.file("a.safetensors", shapes)).file.warnings == [])
    shapes["\(layer)q.alpha"] = []
    let warnings = try LoRA(path: workshop.file("b.safetensors", shapes)).file.warnings.joined()
    #expect(warnings.contains("1 of 2 layers of unet have no alpha"))
  }

  /// Names that older versions of diffusers gave.
  @Test func olderNamesOfLayers() {
    let text = "text_model.encoder.layers.1.self_attn"
    #expect(LoRAFile.module("\(text).to_q", of: "text_encoder") == "encoder_layers_1_self_attn_q_proj")
    #expect(LoRAFile.module("\(text).to_out", of: "text_encoder") == "encoder_layers_1_self_attn_out_proj")
    #expect(LoRAFile.module("\(text).q_proj", of: "text_encoder") == "encoder_layers_1_self_attn_q_proj")
    #expect(LoRAFile.module("a.attn1.processor.to_out", of: "unet") == "a_attn1_to_out_0")
    #expect(LoRAFile.module("a.attn1.to_out.0", of: "unet") == "a_attn1_to_out_0")
  }

  @Test func oneRoleForOneTensor() throws {
    let workshop = try Workshop()
    let layer = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1"
    let shapes = [
      "\(layer).to_q.lora_A.weight": [2, 8], "\(layer).to_q.lora_B.weight": [8, 2],
      "\(layer).processor.to_q_lora.down.weight": [2, 8],
    ]
    let path = try workshop.file("lora.safetensors", shapes)
    #expect(throws: PipelineError.self) { try LoRA(path: path) }
  }

  /// A word of the adapter's file counts as one that was given beside it.
  @Test func bundledWordsAreAdded() throws {
    let workshop = try Workshop()
    let layer = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"
    let path = try workshop.file(
      "lora.safetensors",
      [
        "\(layer).lora_down.weight": [2, 8], "\(layer).lora_up.weight": [8, 2],
        "bundle_emb.my.word.string_to_param.*": [2, 32],
      ])
    var options = CheckpointOptions()
    options.loras = [try LoRA(path: path)]
    let pipeline = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
    let tokens = try pipeline.tokenize("a my.word cat")
    #expect(tokens.words == ["a", "my.word", "cat"])
    #expect(tokens.tokens.map(\.word) == [nil, 1, 2, 2, 3, nil])
  }

  @Test func wordsThatCollideAreNamed() throws {
    let workshop = try Workshop()
    func message(_ name: String, token: String? = nil) -> String {
      do {
        var options = CheckpointOptions()
        let path = try workshop.file("\(name).safetensors", ["emb_params": [1, 32]])
        options.embeddings = [
          try TextualInversion(path: Goldens.path("adapters/cat-toy.safetensors")),
          try TextualInversion(path: path, token: token),
        ]
        return try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline().tokenize("v1.3")
          .words
          .joined(separator: " ")
      } catch { return "\(error)" }
    }
    #expect(message("style_v1.3", token: "v1.3") == "v1.3")
    #expect(message("style", token: "<CAT-toy>").contains("is also that of"))
    #expect(message("a").contains("in the tokenizer's vocabulary already"))
    let dotted = try workshop.file("bad_v1.3.safetensors", ["emb_params": [1, 32]])
    #expect(try TextualInversion(path: dotted).token == "bad_v1.3")
  }
}
