import Models

extension ModelFamily {
  /// Stable Diffusion 2.0 and 2.1, in both of which models for 512 pixels predict the noise and those for 768 the
  /// velocity: the text tower of OpenCLIP ViT-H/14 without its last layer, heads of width 64.
  public static let stableDiffusion2: ModelFamily = {
    var family = ModelFamily("Stable Diffusion 2")
    family.pipelineClasses = stableDiffusionPipelines
    family.markers = [stableDiffusionMarker]
    family.isTold = isSecondVersion
    family.adapterPrefixes = stableDiffusionAdapters
    var file = stableDiffusionFile { _ in "DDIMScheduler" }
    file.prediction = { _ in ("v_prediction", isGuess: true) }
    file.sampleSize = { $0 == "v_prediction" ? 96 : 64 }
    family.singleFile = file
    return family
  }()

  /// Whether the tower is OpenCLIP's, or the projections around the UNet's attention are stored as linear layers.
  @Sendable static func isSecondVersion(_ evidence: CheckpointEvidence) -> Bool {
    let projection = evidence.shape(of: "model.diffusion_model.middle_block.1.proj_in.weight")
    let isLinear = try? evidence.configuration(of: "unet")?.bool("use_linear_projection", default: false)
    return evidence.hasNames("cond_stage_model.model.") || projection?.count == 2 || isLinear == true
  }
}
