import Neural
import Tensor
import Testing
import Weights

@testable import Families
@testable import Sampling

/// Weights that hold NaN or infinite numbers: a warning that names the component and the tensor, not a picture in silence.
@Suite struct BrokenWeightTests {
  private func warnings(_ file: String, _ tensor: String, _ value: Float) throws -> [String] {
    let copy = try CheckpointCopy(of: "tiny-sd1")
    let path = "\(copy.path)/\(file)"
    var tensors = try SafetensorsFile(path: path).tensors()
    let shape = try #require(tensors[tensor]?.shape)
    tensors[tensor] = try Tensor.full(shape, value)
    try SafetensorsFile.write(tensors, to: path)
    let pipeline = try Checkpoint(directory: copy.path).pipeline()
    var late: [String] = []
    pipeline.onWarning = { late.append("\($0)") }
    var request = GenerateRequest(prompt: "a cat")
    (request.steps, request.width, request.height) = (2, 16, 16)
    let result = try pipeline.generate(request)
    _ = try result.image()
    _ = try result.image()
    return result.warnings.map(\.description) + late
  }

  private let unet = "unet/diffusion_pytorch_model.safetensors"

  @Test func healthyWeightsAreQuiet() throws {
    #expect(try warnings("vae/diffusion_pytorch_model.safetensors", "decoder.conv_out.bias", 0) == [])
  }

  @Test(arguments: [Float.nan, .infinity])
  func theTensorIsNamed(value: Float) throws {
    let cases = [
      (unet, "mid_block.resnets.1.conv2.bias", "the UNet"),
      ("text_encoder/model.safetensors", "text_model.final_layer_norm.bias", "the text encoder's embeddings"),
      ("vae/diffusion_pytorch_model.safetensors", "decoder.conv_out.bias", "the pixels that the VAE gave"),
    ]
    for (file, tensor, what) in cases {
      let found = try warnings(file, tensor, value)
      #expect(found.count == 1, "\(found)")
      #expect(
        found.first?.contains(what) == true && found.first?.contains("'\(tensor)' holds") == true, "\(found)")
    }
  }
}
