import Neural
import Tensor

/// The variational autoencoder of Stable Diffusion (Kingma and Welling 2014; Rombach et al. 2022).
///
/// Its two halves are read from the file when they are first used: most runs never encode.
public final class AutoencoderKL: ImageCodec {
  public let latentChannels: Int
  public let factor: Int
  /// Latents are (encoded − shift) · scale.
  public let scalingFactor, shiftFactor: Float

  private let scope: WeightScope
  private let model: AutoencoderConfiguration
  private let path: String
  private let tiles: TiledDecoding?
  private var loadedEncoder: AutoencoderEncoder?
  private var loadedDecoder: AutoencoderDecoder?

  /// What the encoder says of a picture: a normal distribution for each number of the latents, not scaled.
  public struct Moments {
    /// {N, h, w, latentChannels}
    public let mean, logVariance: Tensor

    /// A draw from the distribution.
    ///
    /// - Parameter noise: unit normal, of the mean's shape
    public func sample(noise: Tensor) throws -> Tensor {
      try mean.adding(logVariance.multiplying(0.5).exp().multiplying(noise))
    }
  }

  /// - Parameters:
  ///   - tile: side in pixels of the tiles in which larger pictures are decoded, a multiple of 4·`factor`; nil for one piece
  ///   - path: names the sites: `vae.decoder.up_blocks.0.resnets.0` …
  public init(
    _ scope: WeightScope, configuration: Configuration, tile: Int? = nil, path: String = "vae"
  ) throws {
    model = try AutoencoderConfiguration(configuration)
    self.scope = scope
    self.path = path
    latentChannels = model.latentChannels
    factor = 1 << (model.channels.count - 1)
    scalingFactor = model.scalingFactor
    shiftFactor = model.shiftFactor
    let (factor, grid) = (factor, 4 * factor)
    if let tile, tile <= 0 || tile % grid != 0 {
      throw PipelineError("\(.tileSize) must be a positive multiple of \(grid), got \(tile)")
    }
    tiles = tile.map { TiledDecoding(side: $0 / factor, factor: factor) }
  }

  private func encoder() throws -> AutoencoderEncoder {
    if let loadedEncoder { return loadedEncoder }
    let encoder = try AutoencoderEncoder(scope, model: model, path: path)
    loadedEncoder = encoder
    return encoder
  }

  private func decoder() throws -> AutoencoderDecoder {
    if let loadedDecoder { return loadedDecoder }
    let decoder = try AutoencoderDecoder(scope, model: model, path: path)
    loadedDecoder = decoder
    return decoder
  }

  /// Reads both halves now, so that a fault in the file is found now.
  public func load() throws {
    _ = try encoder()
    _ = try decoder()
  }

  public func encoderSites() throws -> SiteList {
    var sites = SiteList()
    try encoder().list(&sites)
    return sites
  }

  public func decoderSites() throws -> SiteList {
    var sites = SiteList()
    try decoder().list(&sites)
    return sites
  }

  /// - Parameter image: {N, H, W, 3} in [-1, 1]; H and W multiples of `factor`
  public func moments(_ image: Tensor, context: RunContext) throws -> Moments {
    guard image.rank == 4, image.shape[3] == model.imageChannels, image.shape[1] % factor == 0,
      image.shape[2] % factor == 0, image.count > 0
    else {
      throw PipelineError(
        "the VAE encodes pictures {rows, H, W, \(model.imageChannels)} with H and W multiples of \(factor), "
          + "got \(Shape.text(image.shape))")
    }
    let moments = try encoder()(image, context: context)
    return Moments(
      mean: try moments.narrowed(3, start: 0, length: latentChannels).contiguous(),
      logVariance: try moments.narrowed(3, start: latentChannels, length: latentChannels)
        .clamped(min: -30, max: 20))
  }

  public func encode(_ image: Tensor, context: RunContext) throws -> Tensor {
    try scaled(moments(image, context: context).mean)
  }

  public func encode(_ image: Tensor, sampling noise: Tensor, context: RunContext) throws -> Tensor {
    try scaled(moments(image, context: context).sample(noise: noise))
  }

  /// Latents of the VAE's own scale as the UNet expects them; any shape.
  public func scaled(_ latents: Tensor) throws -> Tensor {
    try (shiftFactor == 0 ? latents : latents.subtracting(shiftFactor)).multiplying(scalingFactor)
  }

  public func decode(_ latents: Tensor, context: RunContext) throws -> Tensor {
    let unscaled = try latents.dividing(scalingFactor)
    return try decodeUnscaled(shiftFactor == 0 ? unscaled : unscaled.adding(shiftFactor), context: context)
  }

  /// - Parameter latents: {N, h, w, latentChannels} in the VAE's own scale
  /// - Returns: {N, H, W, 3}, nominally in [-1, 1]
  public func decodeUnscaled(_ latents: Tensor, context: RunContext) throws -> Tensor {
    guard latents.rank == 4, latents.shape[3] == latentChannels, latents.count > 0 else {
      throw PipelineError(
        "the VAE decodes latents {rows, h, w, \(latentChannels)}, got \(Shape.text(latents.shape))")
    }
    let decoder = try decoder()
    guard let tiles, tiles.divides(latents) else { return try decoder(latents, context: context) }
    var tile = 0
    defer { context.tile = nil }
    return try tiles(latents) {
      tile += 1
      context.tile = tile
      return try decoder($0, context: context)
    }
  }
}
