import Neural
import Tensor
import Testing

@testable import Families
@testable import Models

/// Models whose weights stay in the file, or are kept in bfloat16.
@Suite struct MemoryTests {
  private struct Run {
    let text, prediction, picture: Tensor

    init(_ change: (inout CheckpointOptions) -> Void = { _ in }) throws {
      var options = CheckpointOptions()
      change(&options)
      let pipeline = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).pipeline()
      let noise = try pipeline.noise(seed: 7)
      text = try pipeline.encode("a cat and a pistol")
      prediction = try pipeline.denoise(noise, timestep: 500, embedding: text).prediction
      picture = try pipeline.decode(noise)
    }

    /// The same after everything was used once.
    static func twice(_ change: (inout CheckpointOptions) -> Void) throws -> Run {
      _ = try Run(change)
      return try Run(change)
    }
  }

  @Test func weightsThatStayInTheFileGiveTheSameBytes() throws {
    let (kept, passing) = try (Run(), Run.twice { $0.savesMemory = true })
    #expect(passing.text.toArray() == kept.text.toArray())
    #expect(passing.prediction.toArray() == kept.prediction.toArray())
    #expect(passing.picture.toArray() == kept.picture.toArray())
  }

  /// The rounding of both factors of each product, 2⁻⁹, through all layers.
  @Test(.enabled(if: Compute.backend.hasBFloat16)) func brainFloatsRoundAllButThePicture() throws {
    let (wide, narrow) = try (Run(), Run { $0.precision = .bfloat16 })
    for (found, expected) in [(narrow.text, wide.text), (narrow.prediction, wide.prediction)] {
      let loss = difference(found, expected)
      #expect(loss > 1e-4 && loss < 3e-2)
    }
    #expect(narrow.picture.toArray() == wide.picture.toArray())
  }

  @Test func withoutSuchProductsBrainFloatsAreFloats() throws {
    try Compute.$backend.withValue(OpenBLASBackend()) {
      let (wide, narrow) = try (Run(), Run { $0.precision = .bfloat16 })
      #expect(narrow.prediction.toArray() == wide.prediction.toArray())
    }
  }

  @Test func theTextEncoderReadsAgainWhatItGaveBack() throws {
    let source = try #require(try Checkpoint(directory: Goldens.path("tiny-sd1")).source("text_encoder"))
    let scope = try WeightScope(source.weights(stem: "model").source, pool: WeightPool(.pool))
    let encoder = try TextEncoder(scope, configuration: source.configuration())
    let ids = [[0, 5, 7, 2]]
    let first = try encoder(ids: ids, context: RunContext()).toArray()
    encoder.releaseWeights()
    #expect(try encoder(ids: ids, context: RunContext()).toArray() == first)
  }
}
