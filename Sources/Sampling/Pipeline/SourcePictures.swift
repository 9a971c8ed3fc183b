import Models
import Tensor

/// The pictures from which a run starts, and the part of them that is painted anew.
struct SourcePictures {
  /// {pictures or 1, H, W, 3} in [0, 1]
  let images: Tensor
  /// {pictures or 1, H, W}: 1 where the picture is painted anew, else 0; nil for image to image.
  let mask: Tensor?
  let strength: Double

  /// nil if the request has no picture.
  init?(_ request: GenerateRequest, _ pipeline: Pipeline) throws {
    guard let image = request.image else {
      guard request.mask == nil else {
        throw PipelineError("\(.mask) needs \(.image): the picture of which it covers a part")
      }
      return nil
    }
    images = image.rank == 3 ? try image.unsqueezed(0) : image
    let shape = images.shape
    guard shape.count == 4, shape[3] == 3, !shape.contains(0) else {
      throw PipelineError(
        "\(.image) must be of shape {height, width, 3} or {n, height, width, 3}, got \(Shape.text(image.shape))"
      )
    }
    guard shape[1] % pipeline.sizeStep == 0, shape[2] % pipeline.sizeStep == 0 else {
      throw PipelineError(
        "the sides of \(.image) must be multiples of \(pipeline.sizeStep), got \(shape[2]) × \(shape[1]) pixels"
      )
    }
    guard request.latents == nil else { throw PipelineError("give \(.image) or \(.latents), not both") }
    guard request.startStep == 1 else {
      throw PipelineError("give \(.strength) or \(.startStep) with \(.image), not both")
    }
    guard request.strength > 0, request.strength <= 1 else {
      throw PipelineError("\(.strength) must be above 0 and at most 1, got \(request.strength)")
    }
    strength = request.strength
    mask = try request.mask.map { try Self.binary($0, size: Array(shape[1...2])) }
  }

  private static func binary(_ mask: Tensor, size: [Int]) throws -> Tensor {
    let batch = mask.rank == 2 ? try mask.unsqueezed(0) : mask
    guard batch.rank == 3, Array(batch.shape.suffix(2)) == size, batch.shape[0] > 0 else {
      throw PipelineError(
        "\(.mask) must be of shape {\(size[0]), \(size[1])} as \(.image), or {n, \(size[0]), \(size[1])}, "
          + "got \(Shape.text(mask.shape))")
    }
    return try batch.greaterOrEqual(to: 0.5)
  }

  /// How many pictures are asked for.
  var count: Int { max(images.shape[0], mask?.shape[0] ?? 1) }

  func latentSize(_ factor: Int) -> (height: Int, width: Int) {
    (images.shape[1] / factor, images.shape[2] / factor)
  }

  /// The mask at the size of the latents, {n, 1, h, w}.
  func latentMask(_ factor: Int) throws -> Tensor? {
    let size = latentSize(factor)
    return try mask?.unsqueezed(1).resized(height: size.height, width: size.width, mode: .nearest)
  }

  /// The pictures with the masked part grey, as they are shown to models for inpainting, {n, H, W, 3}.
  func masked() throws -> Tensor? {
    guard let mask else { return nil }
    // Grey is 0 in the encoder's range [-1, 1].
    let kept = try mask.subtracted(from: 1).unsqueezed(3)
    return try images.adding(-0.5).multiplying(kept).adding(0.5)
  }

  /// The call of the model with which the run starts, from 1.
  func firstCall(_ scheduler: any Scheduler, steps: Int) throws -> Int {
    let taken = min(Int(Double(steps) * strength), steps)
    guard taken > 0 else {
      throw PipelineError("\(.strength) = \(strength) of \(steps) steps leaves no step to take")
    }
    return (steps - taken) * scheduler.callsPerStep + 1
  }
}

/// What keeps the unmasked part of a picture in its place while the rest is painted: after each step it is put back,
/// with the noise of that step ("latent blending"; Lugmayr et al., "RePaint", 2022, without resampling).
struct LatentBlend {
  /// {n, 1, h, w}: 1 where the picture is painted anew
  let mask: Tensor
  /// Latents of the picture, {pictures, C, h, w}
  let clean: Tensor
  let noise: Tensor

  /// - Parameter index: of the step that the latents enter next; nil after the last
  func callAsFunction(_ latents: Tensor, scheduler: any Scheduler, entering index: Int?) throws -> Tensor {
    let kept = try index.map { try scheduler.addNoise(noise, to: clean, at: $0) } ?? clean
    return try kept.multiplying(mask.subtracted(from: 1)).adding(latents.multiplying(mask))
  }
}
