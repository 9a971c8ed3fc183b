import Families
import Models
import Tensor
import Testing

@Suite struct AutoencoderParityTests {
  private func codec(_ reference: Reference) throws -> AutoencoderKL {
    try #require(try Checkpoint(directory: reference.model).codec() as? AutoencoderKL)
  }

  @Test(arguments: Reference.all)
  func encodes(reference: Reference) throws {
    let image = try reference["vae.encode.image"].permuted([0, 2, 3, 1]).contiguous()
    let moments = try codec(reference).moments(image, context: RunContext())
    try reference.expect(moments.mean.permuted([0, 3, 1, 2]), like: "vae.encode.mean", within: 2e-4)
    try reference.expect(moments.logVariance.permuted([0, 3, 1, 2]), like: "vae.encode.logvar", within: 2e-4)
  }

  @Test(arguments: Reference.all)
  func decodes(reference: Reference) throws {
    let latents = try reference["vae.decode.latents"].permuted([0, 2, 3, 1]).contiguous()
    let image = try codec(reference).decodeUnscaled(latents, context: RunContext())
    try reference.expect(image.permuted([0, 3, 1, 2]), like: "vae.decode.image", within: 2e-4)
  }
}
