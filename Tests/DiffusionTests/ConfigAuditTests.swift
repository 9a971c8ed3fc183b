import Encoding
import Foundation
import Neural
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models
@testable import Sampling

/// Every key of every config that is read, with values other than the default, against what diffusers and transformers
/// make of it (Scripts/dev/goldens/configs.py): the same numbers, or an error that names the key.
@Suite struct ConfigAuditTests {
  static let classes = (try? JSON(file: Goldens.path("configs.json")))?.object ?? JSON.Object()
  static let names = classes.keys.filter { $0 != "CLIPTokenizer" }

  @Test func everyClassIsThere() {
    #expect(Self.names.count == 22)
    #expect(Self.names.filter { $0.hasSuffix("Scheduler") }.count == 17)
  }

  /// An upgrade that brings a new key brings a case for it, which fails until the key is honoured or refused.
  @Test(arguments: names)
  func everyKeyHasACase(name: String) throws {
    let audited = try #require(Self.classes[name])
    let keys = try #require(audited["keys"]?.object)
    #expect(keys.count >= 8)  // EDMEulerScheduler has eight
    for (key, usual) in keys.members {
      let tried = (audited["cases"]?.array ?? []).compactMap { $0["set"]?.object }
        .filter { $0.count == 1 }.compactMap { $0[key] }
      #expect(tried.contains { $0 != usual }, "\(name): \(key)")
    }
  }

  @Test(arguments: names)
  func everyKeyIsHonouredOrRefusedByName(name: String) throws {
    let audited = try #require(Self.classes[name])
    let base = try #require(audited["base"]?.object)
    let cases = try #require(audited["cases"]?.array)
    #expect(cases.count > 13)  // EDMEulerScheduler has fourteen
    var honoured = 0
    for golden in cases {
      let set = golden["set"]?.object ?? JSON.Object()
      var config = base
      for (key, value) in set.members { config[key] = value }
      let what: Comment = "\(name) with \(JSON.object(set))"
      let found: [Float]
      do {
        found = try Self.output(of: name, .object(config), loudness: Float(golden["loudness"]?.double ?? 1))
      } catch {
        #expect(set.keys.contains { "\(error)".contains($0) }, "\(what): \(error)")
        continue
      }
      #expect(golden["refused"] == nil, "\(what) is not refused")
      // What the reference does not take, we may.
      guard golden["error"] == nil, golden["refused"] == nil else { continue }
      honoured += 1
      try Self.compare(found, golden, tolerance: name.hasSuffix("Scheduler") ? 5e-5 : 2e-4, what)
    }
    #expect(honoured > cases.count / 3)
  }

  private static func compare(_ found: [Float], _ golden: JSON, tolerance: Float, _ what: Comment) throws {
    #expect(found.count == golden["count"]?.int, what)
    guard found.count == golden["count"]?.int, let step = golden["step"]?.int else { return }
    let expected = (golden["values"]?.array ?? []).compactMap { $0.double.map { Float($0) } }
    let scale = Float(golden["scale"]?.double ?? 1)
    let difference =
      zip(stride(from: 0, to: found.count, by: step), expected)
      .map { abs(found[$0] - $1) }.max() ?? .infinity
    #expect(difference <= tolerance * scale, "\(what): \(difference / scale) of the largest value")
  }

  private static func output(of name: String, _ json: JSON, loudness: Float) throws -> [Float] {
    let configuration = try Configuration(json, path: "config.json")
    switch name {
    case "UNet2DConditionModel": return try unet(configuration, loudness)
    case "AutoencoderKL": return try autoencoder(configuration, loudness)
    case "CLIPTextModel": return try text(configuration, loudness)
    case "CLIPModel": return try clip(configuration, loudness)
    case "CLIPImageProcessor": return try pixels(configuration)
    default: return try trajectory(name, json)
    }
  }

  // MARK: The same inputs as in the script

  private static func planes(_ name: String, _ channels: Int, _ side: Int, scale: Float = 1) throws -> Tensor
  {
    try SyntheticWeights.tensor(name, [1, channels, side, side]).multiplying(scale).permuted([0, 2, 3, 1])
      .contiguous()
  }

  private static func flat(_ channelsLast: Tensor) throws -> [Float] {
    try channelsLast.permuted([0, 3, 1, 2]).contiguous().toArray()
  }

  private static func unet(_ configuration: Configuration, _ loudness: Float) throws -> [Float] {
    let unet = try UNet2DConditionModel(
      WeightScope(SyntheticWeights(loudness: loudness)), configuration: configuration)
    let sample = try planes("sample", unet.sampleChannels + unet.conditionChannels, 8, scale: 1.5)
    let text = try SyntheticWeights.tensor("text", [1, 5, unet.embeddingWidth])
    return try flat(unet(sample, timestep: 321, embedding: text, context: RunContext()))
  }

  private static func autoencoder(_ configuration: Configuration, _ loudness: Float) throws -> [Float] {
    let codec = try AutoencoderKL(
      WeightScope(SyntheticWeights(loudness: loudness)), configuration: configuration)
    let latents = try planes("latents", codec.latentChannels, 4)
    let image = try planes("image", configuration.int("in_channels", default: 3), 8)
    return try flat(codec.decode(latents, context: RunContext()))
      + flat(codec.encode(image, context: RunContext()))
  }

  private static let ids = [[48, 3, 7, 49, 1, 1], [48, 20, 49, 49, 30, 2]]

  private static func text(_ configuration: Configuration, _ loudness: Float) throws -> [Float] {
    let encoder = try TextEncoder(
      WeightScope(SyntheticWeights(loudness: loudness)), configuration: configuration)
    let hidden = try encoder(ids: ids, context: RunContext())
    return try hidden.toArray() + encoder.pooled(hidden, ids: ids).toArray()
  }

  private static func clip(_ configuration: Configuration, _ loudness: Float) throws -> [Float] {
    let weights = SyntheticWeights(
      names: [
        "text_model.embeddings.token_embedding.weight", "vision_model.embeddings.class_embedding",
        "text_projection.weight", "visual_projection.weight",
      ], loudness: loudness)
    let source = ComponentSource(
      name: "clip", className: "CLIPModel", directory: Goldens.path("tiny-sd1/tokenizer"), task: .clip,
      contents: ComponentSource.Contents(
        configuration: configuration,
        weights: ComponentWeights(
          files: try WeightFiles(path: Goldens.path("noise.safetensors")), source: weights)))
    let clip = try CLIPModel(source)
    let pixels = try planes("pixels", 3, clip.vision.imageSize)
    return try clip.vision.features(pixels, context: RunContext()).toArray()
      + clip.text.features(ids: ids, context: RunContext()).toArray()
  }

  /// Wide, tall and square pictures: which direction is resized first depends on the shape.
  private static func pixels(_ configuration: Configuration) throws -> [Float] {
    let preprocessor = try ImagePreprocessor(configuration)
    return try [(40, 15), (20, 20), (17, 30), (37, 18), (90, 16)].flatMap { height, width in
      let picture = try SyntheticWeights.tensor("picture", [height, width, 3]).adding(1).multiplying(128)
        .floor().dividing(255)
      return try preprocessor(picture).toArray()
    }
  }

  private static func trajectory(_ name: String, _ json: JSON) throws -> [Float] {
    var scheduler = try SchedulerRegistry.make(name, config: SchedulerConfig(json), steps: 8)
    var sample = try Tensor([0.7, -1.1, 1.9], shape: [1, 3]).multiplying(scheduler.initialNoiseScale)
    var states: [Float] = []
    for (index, time) in scheduler.timesteps.enumerated() {
      let shown = try scheduler.scaleInput(sample, at: index)
      let output = try Tensor(
        shown.toArray().map { tanhf(0.8 * $0 + Float(time / 1000) - 0.3) }, shape: shown.shape)
      let noise = try SyntheticWeights.tensor("noise \(index)", [1, 3]).multiplying(1.5)
      sample = try scheduler.step(
        output, at: index, sample: sample, noise: scheduler.drawsNoise ? noise : nil
      ).sample
      states += sample.toArray()
    }
    return scheduler.timesteps.map { Float($0) } + states
  }

  // MARK: Tokenizers

  @Test func everySettingOfATokenizerGivesTheSameIdsOrIsRefused() throws {
    let audited = try #require(Self.classes["CLIPTokenizer"])
    let texts = (audited["texts"]?.array ?? []).compactMap(\.string)
    let cases = try #require(audited["cases"]?.array)
    #expect(texts.count == 7 && cases.count > 20)
    for golden in cases {
      let copy = try CheckpointCopy(of: "tiny-sd1")
      try copy.remove("tokenizer/special_tokens_map.json")
      let file = "\(copy.path)/tokenizer/tokenizer_config.json"
      var config = try JSON(file: file).object ?? JSON.Object()
      let set = golden["set"]?.object ?? JSON.Object()
      for (key, value) in set.members { config[key] = value }
      try JSON.object(config).description.write(toFile: file, atomically: true, encoding: .utf8)
      do {
        let tokenizer = try Tokenizer(directory: "\(copy.path)/tokenizer")
        let expected = (golden["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) }
        for (text, ids) in zip(texts, expected) {
          #expect(tokenizer.tokenize(text).ids == ids, "\(set) '\(text.prefix(40))'")
        }
      } catch {
        let message = "\(error)"
        #expect(
          set.members.contains {
            message.contains($0) || $1.array?.contains { message.contains($0.string ?? "?") } == true
              || message.contains($1.string ?? "?")
              || $1.object?.values.contains { message.contains($0.string ?? "?") } == true
          }, "\(set): \(message)")
      }
    }
  }
}
