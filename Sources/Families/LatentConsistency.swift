import Encoding
import Models
import Sampling

extension ModelFamily {
  /// Stable Diffusion 1 distilled for few steps, with the guidance beside the timestep (Luo et al., "Latent Consistency
  /// Models", 2023).
  public static let latentConsistency: ModelFamily = {
    var family = ModelFamily("latent consistency models")
    family.isVariant = true
    family.pipelineClasses = ["LatentConsistencyModelPipeline", "LatentConsistencyModelImg2ImgPipeline"]
    family.markers = ["model.diffusion_model.time_embed.cond_proj."]
    family.isTold = { evidence in
      if case .file = evidence { return !evidence.hasNames("conditioner.") }
      return true
    }
    family.adapterPrefixes = stableDiffusionAdapters
    family.defaults = Defaults(steps: 4, guidance: 8.5)
    family.assemble = { checkpoint in
      let pipeline = try plain(checkpoint)
      guard pipeline.unet.takesGuidance else {
        throw PipelineError(
          "\(checkpoint.path): a latent consistency model whose UNet is not told of guidance (no time_cond_proj_dim)"
        )
      }
      pipeline.shortensSchedule = true
      return pipeline
    }
    family.singleFile = stableDiffusionFile { _ in "LCMScheduler" }
    return family
  }()
}
