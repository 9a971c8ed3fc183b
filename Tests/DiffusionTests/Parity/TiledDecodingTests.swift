import Tensor
import Testing
import Weights

@testable import Families
@testable import Models

/// Pictures decoded in tiles, as diffusers' `enable_tiling` does (Scripts/dev/goldens/tiles.py).
@Suite struct TiledDecodingTests {
  private func autoencoder(tile: Int?) throws -> AutoencoderKL {
    var options = CheckpointOptions()
    options.tile = tile
    let codec = try Checkpoint(path: Goldens.path("tiny-sd1"), options: options).codec()
    return try #require(codec as? AutoencoderKL)
  }

  @Test(arguments: 0..<5)
  func tilesFadeIntoOneAnother(index: Int) throws {
    let golden = try SafetensorsFile(path: Goldens.path("tiles.safetensors"))
    let tile = try Int(golden.tensor(named: "\(index).tile").toArray()[0])
    let latents = try golden.tensor(named: "\(index).latents").permuted([0, 2, 3, 1]).contiguous()
    let expected = try golden.tensor(named: "\(index).picture").permuted([0, 2, 3, 1]).contiguous()
    let found = try autoencoder(tile: tile).decodeUnscaled(latents, context: RunContext())
    #expect(difference(found, expected) < 1e-5)
    // What goes through as a whole is another picture, unless there is one tile.
    let whole = try autoencoder(tile: nil).decodeUnscaled(latents, context: RunContext())
    let fits = max(latents.shape[1], latents.shape[2]) <= tile / 2
    #expect((difference(whole, expected) < 1e-5) == fits)
  }

  /// A gradient finds its way through the tiles, and is what differences say.
  @Test func tilesLeaveTheTapeWhole() throws {
    let codec = try autoencoder(tile: 16)
    var random = TorchCPUGenerator(seed: 5)
    let latents = try random.normal([1, 9, 12, 4])
    let x = latents.requiringGradient()
    let picture = try codec.decodeUnscaled(x, context: RunContext())
    let gradient = try picture.multiplying(picture).sum().gradients(of: [x])[0]
    let direction = try random.normal(latents.shape)
    func loss(_ step: Float) throws -> Double {
      let moved = try latents.adding(direction.multiplying(step))
      return try codec.decodeUnscaled(moved, context: RunContext()).toArray().reduce(0) {
        $0 + Double($1) * Double($1)
      }
    }
    let found = try Double(gradient.multiplying(direction).sum().item())
    let expected = try (loss(1e-2) - loss(-1e-2)) / 2e-2
    #expect(abs(found - expected) < 1e-2 * abs(expected))
  }

  @Test func sidesThatDoNotDivideAreRefused() {
    for tile in [0, -8, 4, 12] {
      let error = #expect(throws: PipelineError.self) { _ = try autoencoder(tile: tile) }
      #expect(error?.message.contains("tileSize must be a positive multiple of 8, got \(tile)") == true)
    }
  }
}
