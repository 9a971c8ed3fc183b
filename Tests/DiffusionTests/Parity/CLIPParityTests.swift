import Families
import Models
import Tensor
import Testing
import Weights

@Suite struct CLIPParityTests {
  private func outputs(_ reference: Reference) throws -> SafetensorsFile {
    reference.has("clip.image")
      ? reference.outputs : try SafetensorsFile(path: Goldens.path("clip.safetensors"))
  }

  private func clip(_ reference: Reference) throws -> CLIPModel {
    try #require(try Checkpoint(directory: reference.model).clip())
  }

  private func expect(_ found: Tensor, like key: String, of reference: Reference, within limit: Float = 2e-4)
    throws
  {
    let expected = try outputs(reference).tensor(named: key)
    try #require(found.shape == expected.shape, "\(key)")
    let difference = try found.subtracting(expected).abs().max().item() / expected.abs().max().item()
    reference.report(key, difference, limit: limit)
    #expect(difference <= limit, "\(reference.name) \(key): \(difference)")
  }

  @Test(arguments: Reference.withCLIP)
  func features(reference: Reference) throws {
    let clip = try clip(reference)
    let pixels = try outputs(reference).tensor(named: "clip.same.pixels").permuted([1, 2, 0]).unsqueezed(0)
    let image = try clip.vision.features(pixels.contiguous(), context: RunContext())
    try expect(image.selected(0, 0), like: "clip.image", of: reference)
    let ids = try outputs(reference).tensor(named: "clip.ids")
    let rows = try (0..<ids.shape[0]).map { try ids.selected(0, $0).toArray().map { Int($0) } }
    let text = try clip.text.features(ids: rows, context: RunContext())
    try expect(text, like: "clip.text", of: reference)
    func unit(_ rows: Tensor) throws -> Tensor {
      try rows.dividing(rows.square().sum(dim: 1, keepDim: true).sqrt())
    }
    let cosines = try unit(text).matmul(unit(image).transposed(0, 1)).reshaped([-1])
    try expect(cosines.multiplying(clip.logitScale), like: "clip.logits", of: reference)
  }

  /// The reference rounds pictures that it resizes to 256 levels twice, in fixed point: single pixels differ by up to
  /// two levels (1/64 of the largest value), hardly any on the whole.
  @Test(arguments: Reference.withCLIP, ["same", "large", "small"])
  func preprocessing(reference: Reference, size: String) throws {
    let image = try outputs(reference).tensor(named: "clip.\(size).image").dividing(255)
    let pixels = try clip(reference).preprocessor(image).permuted([2, 0, 1])
    try expect(pixels, like: "clip.\(size).pixels", of: reference, within: 1e-5)
    let expected = try outputs(reference).tensor(named: "clip.\(size).pixels")
    let mean = try pixels.subtracting(expected).abs().mean().item() / expected.abs().max().item()
    #expect(mean < 1e-3, "\(reference.name) \(size): \(mean) on average")
  }
}
