import Encoding
import Neural
import Sampling
import Tensor
import Testing
import Weights

@testable import Families
@testable import Models

/// What the parity suites do not look at: the plain backend, the scale of latents, CLIP as a classifier.
struct ModelTests {
  private func channelsLast(_ tensor: Tensor) throws -> Tensor {
    try tensor.permuted([0, 2, 3, 1]).contiguous()
  }

  private func channelsFirst(_ tensor: Tensor) throws -> Tensor { try tensor.permuted([0, 3, 1, 2]) }

  @Test(arguments: Reference.all)
  func thePlainBackendHasTheSameParity(reference: Reference) throws {
    try Compute.$backend.withValue(OpenBLASBackend()) {
      let pipeline = try reference.pipeline()
      let context = RunContext()
      let text = try pipeline.textEncoder(ids: [reference.ids("text.0.ids")], context: context)
      try reference.expect(text.selected(0, 0), like: "text.0.hidden", within: 2e-4)
      let prediction = try pipeline.unet(
        channelsLast(reference["unet.0.sample"]), timestep: Double(reference.number("unet.0.timestep")),
        embedding: text, context: context)
      try reference.expect(channelsFirst(prediction), like: "unet.0.out", within: 2e-4)
      let vae = try #require(pipeline.codec as? AutoencoderKL)
      let moments = try vae.moments(channelsLast(reference["vae.encode.image"]), context: context)
      try reference.expect(channelsFirst(moments.mean), like: "vae.encode.mean", within: 2e-4)
      let image = try vae.decodeUnscaled(channelsLast(reference["vae.decode.latents"]), context: context)
      try reference.expect(channelsFirst(image), like: "vae.decode.image", within: 2e-4)
    }
  }

  @Test(arguments: Reference.all)
  func latentsAreScaledAsTheConfigSays(reference: Reference) throws {
    let vae = try #require(reference.pipeline().codec as? AutoencoderKL)
    let image = try channelsLast(reference["vae.encode.image"])
    // The factor of the file, not the object's own; configs from before it was written down mean that of Stable Diffusion 1.
    let config = try JSON(file: "\(reference.model)/vae/config.json")
    let factor = Float(config["scaling_factor"]?.double ?? 0.18215)
    #expect(vae.scalingFactor == factor)
    let unscaled = try vae.encode(image, context: RunContext()).dividing(factor)
    try reference.expect(channelsFirst(unscaled), like: "vae.encode.mean", within: 2e-4)
    let latents = try channelsLast(reference["vae.decode.latents"]).multiplying(factor)
    let decoded = try vae.decode(latents, context: RunContext())
    try reference.expect(channelsFirst(decoded), like: "vae.decode.image", within: 2e-4)
  }

  /// Tables of tokens may have rows to spare: choices relaxed over the tokenizer's tokens read as over all rows, and others are refused.
  @Test func relaxedTokensAreThoseOfTheTokenizer() throws {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let path = "\(copy.path)/text_encoder/model.safetensors"
    var tensors = try SafetensorsFile(path: path).tensors()
    let name = try #require(tensors.keys.first { $0.hasSuffix("token_embedding.weight") })
    let table = try #require(tensors[name])
    tensors[name] = try Tensor.concatenated([table, Tensor.ones([5, table.shape[1]])], dim: 0)
    try SafetensorsFile.write(tensors, to: path)
    try copy.set("vocab_size", table.shape[0] + 5, in: "text_encoder/config.json")
    let pipeline = try Checkpoint(directory: copy.path).pipeline()
    let (ids, vocabulary) = (try pipeline.tokenize("a cat").ids, pipeline.tokenizer.vocabularySize)
    #expect(vocabulary == table.shape[0])
    func hard(_ width: Int) throws -> Tensor {
      let rows = ids.flatMap { id in (0..<width).map { $0 == id ? Float(1) : 0 } }
      return try pipeline.encode(soft: Tensor(rows, shape: [ids.count, width]))
    }
    let expected = try pipeline.encode(ids: ids).toArray()
    for width in [vocabulary, vocabulary + 5] {
      let difference = try zip(hard(width).toArray(), expected).map { abs($0 - $1) }.max()
      #expect((difference ?? 1) < 1e-5)
    }
    #expect(throws: PipelineError.self) { _ = try hard(vocabulary + 1) }
  }

  @Test func samplesOfTheEncoderHaveItsMoments() throws {
    let moments = AutoencoderKL.Moments(
      mean: try Tensor([1, -2], shape: [1, 1, 1, 2]), logVariance: try Tensor([0, 2], shape: [1, 1, 1, 2]))
    let sample = try moments.sample(noise: Tensor([0.5, -1], shape: [1, 1, 1, 2])).toArray()
    #expect(abs(sample[0] - 1.5) < 1e-6 && abs(sample[1] + 2 + 2.7182817) < 1e-6)
  }

  @Test(arguments: Reference.withCLIP.filter { $0.name == "tiny-sd1" })
  func clipClassifies(reference: Reference) throws {
    let clip = try #require(try Checkpoint(directory: reference.model).clip())
    let outputs = try SafetensorsFile(path: Goldens.path("clip.safetensors"))
    let image = try outputs.tensor(named: "clip.same.image").dividing(255)
    let texts = ["a cat and a dog", "a pistol", ""]
    let probabilities = try clip.classify(image, texts)
    let expected = try outputs.tensor(named: "clip.logits").softmax(dim: 0)
    #expect(try probabilities.subtracting(expected).abs().max().item() < 1e-5)
    let length = try clip.image(image).norm().item()
    #expect(abs(length - 1) < 1e-5)
    #expect(throws: PipelineError("there is no text to choose from")) { try clip.classify(image, []) }
    #expect(throws: PipelineError("image must be of shape {height, width, 3}, got {2, 2}")) {
      try clip.image(Tensor.zeros([2, 2]))
    }
  }
}
