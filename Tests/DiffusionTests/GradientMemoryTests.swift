import Families
import Models
import Sampling
import Tensor
import Testing

/// What passes back through a model leave behind: nothing. (A thousand of them: `LeakTests`, in the program.)
@Suite struct GradientMemoryTests {
  /// There and back to the embedding, from what the model predicts and from the attention that it shows.
  private func pass(_ pipeline: Pipeline, _ sample: Tensor, _ embedding: Tensor, rematerializes: Bool) throws
  {
    let (prediction, recorded) = try pipeline.denoise(
      sample, timestep: 500, embedding: embedding, trace: TraceOptions(selfAttention: true),
      rematerializes: rematerializes)
    let maps = try #require(recorded).probabilities(layer: 0)
    try prediction.square().mean().adding(maps.square().mean()).backward()
    #expect(try #require(embedding.gradient).norm().item() > 0)
    try embedding.setGradient(nil)
  }

  @Test(arguments: [false, true])
  func nothingIsLeft(rematerializes: Bool) throws {
    let pipeline = try Checkpoint(directory: Goldens.path("tiny-sd1")).pipeline()
    let embedding = try pipeline.encode("a cat and a pistol").requiringGradient()
    let sample = try Tensor.ones([4, 16, 16])
    try pass(pipeline, sample, embedding, rematerializes: rematerializes)
    let live = Storage.liveByteCount
    for _ in 0..<20 { try pass(pipeline, sample, embedding, rematerializes: rematerializes) }
    #expect(Storage.liveByteCount == live)
  }
}
