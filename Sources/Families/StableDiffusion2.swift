import Encoding
import Models

extension ModelFamily {
  /// Stable Diffusion 2.0 and 2.1, in both of which models for 512 pixels predict the noise and those for 768 the
  /// velocity, and SD-Turbo, which predicts the noise in one step: the text tower of OpenCLIP ViT-H/14 without its last
  /// layer, heads of width 64.
  public static let stableDiffusion2: ModelFamily = {
    var family = ModelFamily("Stable Diffusion 2")
    family.pipelineClasses = stableDiffusionPipelines
    family.markers = [stableDiffusionMarker]
    family.isTold = isSecondVersion
    family.adapterPrefixes = stableDiffusionAdapters
    var file = stableDiffusionFile { _ in "DDIMScheduler" }
    file.prediction = { evidence in
      isTurbo(evidence) ? ("epsilon", isGuess: false) : (guessedPrediction(evidence), isGuess: true)
    }
    let scheduler = file.scheduler
    file.scheduler = { evidence, prediction in
      guard isTurbo(evidence) else { return scheduler(evidence, prediction) }
      var turbo =
        InferredConfiguration.scheduler(className: "EulerDiscreteScheduler", predictionType: prediction)
        .object
        ?? JSON.Object()
      turbo["timestep_spacing"] = "trailing"
      return .object(turbo)
    }
    file.sampleSize = { $1 == "v_prediction" ? 96 : 64 }
    family.singleFile = file
    return family
  }()

  /// Whether the tower is OpenCLIP's, or the projections around the UNet's attention are stored as linear layers.
  @Sendable static func isSecondVersion(_ evidence: CheckpointEvidence) -> Bool {
    let projection = evidence.shape(of: "model.diffusion_model.middle_block.1.proj_in.weight")
    let isLinear = try? evidence.configuration(of: "unet")?.bool("use_linear_projection", default: false)
    return evidence.hasNames("cond_stage_model.model.") || projection?.count == 2 || isLinear == true
  }

  /// SD-Turbo's file is told by its name alone: its tensors are those of version 2.1.
  private static func isTurbo(_ evidence: CheckpointEvidence) -> Bool {
    evidence.isCalled("sd_turbo", "sd-turbo")
  }

  /// What tools go by: the velocity's training left larger biases in one of the last norms than the noise's, of a
  /// deviation above 0.09. A file without it is taken for the published 2.1.
  private static func guessedPrediction(_ evidence: CheckpointEvidence) -> String {
    let name = "model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias"
    guard let bias = evidence.tensor(name), bias.count > 0,
      let deviation = try? bias.variance(correction: 0).sqrt().item()
    else { return "v_prediction" }
    return deviation > 0.09 ? "v_prediction" : "epsilon"
  }
}
