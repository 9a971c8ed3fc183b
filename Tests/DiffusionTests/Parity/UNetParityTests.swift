import Tensor
import Testing

@Suite struct UNetParityTests {
  /// One call each at both ends and in the middle of the schedule, with two rows, with a wide map, between two steps.
  @Test(arguments: Reference.all)
  func oneCall(reference: Reference) throws {
    let pipeline = try reference.pipeline()
    for call in 0..<4 {
      let sample = try reference["unet.\(call).sample"]
      let timestep = try Double(reference["unet.\(call).timestep"].toArray()[0])
      let texts = try (0..<sample.shape[0]).map { try reference["text.\($0).hidden"] }
      let prediction = try pipeline.denoise(
        sample, timestep: timestep, embedding: Tensor.stacked(texts, dim: 0)
      ).prediction
      try reference.expect(prediction, like: "unet.\(call).out", within: 2e-4)
    }
  }
}
