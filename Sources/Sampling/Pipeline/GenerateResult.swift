import Models
import Tensor

/// What a run leaves behind.
public final class GenerateResult {
  /// The state that leaves the last step taken, {pictures, C, h, w}.
  public let latents: Tensor
  /// One per picture.
  public let seeds: [UInt64]
  /// The tokens of each picture's prompt; nil where it was an embedding.
  public let tokens: [Tokenization?]
  public let trace: Trace?
  /// The scheduler's timesteps, those not taken included.
  public let timesteps: [Double]
  /// Size in pixels.
  public let width, height: Int
  /// What the user should know: cut prompts, hooks that matched nothing.
  public let warnings: [Complaint]

  private let decode: (Int) throws -> Tensor
  private var decoded: [Int: Tensor] = [:]

  init(
    latents: Tensor, seeds: [UInt64], tokens: [Tokenization?], trace: Trace?, timesteps: [Double], width: Int,
    height: Int, warnings: [Complaint], decode: @escaping (Int) throws -> Tensor
  ) {
    self.latents = latents
    self.seeds = seeds
    self.tokens = tokens
    self.trace = trace
    self.timesteps = timesteps
    self.width = width
    self.height = height
    self.warnings = warnings
    self.decode = decode
  }

  /// Number of pictures.
  public var count: Int { latents.shape[0] }

  /// A picture, {height, width, 3}, nominally in [0, 1]; decoded at the first call.
  public func image(_ sample: Int = 0) throws -> Tensor {
    guard (0..<count).contains(sample) else {
      throw PipelineError("the run made \(count) pictures, there is no picture \(sample + 1)")
    }
    if let known = decoded[sample] { return known }
    let image = try decode(sample)
    decoded[sample] = image
    return image
  }

  /// All pictures.
  public func images() throws -> [Tensor] { try (0..<count).map { try image($0) } }
}
