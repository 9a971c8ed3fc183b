import Families
import Models
import Neural
import Sampling
import Tensor
import Weights

/// A family that Lunette does not know, in one file and by what is public: a denoiser of its own class beside a tower of
/// CLIP, on pixels, with single files and adapters under its own names.
enum ToyFamily {
  static let family: ModelFamily = {
    var family = ModelFamily("Toy 1")
    family.pipelineClasses = ["ToyPipeline", "ToyTurbo*"]
    family.markers = ["toy."]
    family.roles = [
      ComponentRole("denoiser", .predictor, loaders: [denoiser]), .textEncoder, .tokenizer, .scheduler,
    ]
    family.ignoredSettings.insert("toy_switch")
    family.adapterPrefixes = [.init("lora_toy_", "denoiser"), .init("lora_te_", "text_encoder")]
    family.defaults = .init(steps: 3, guidance: 2)
    family.assemble = { checkpoint in
      Pipeline(
        unet: try checkpoint.predictor(), textEncoder: try checkpoint.textEncoder(),
        tokenizer: try checkpoint.tokenizer(), codec: nil, schedulerConfig: try checkpoint.schedulerConfig())
    }
    family.singleFile = SingleFileLayout(
      parts: [
        .init(
          "denoiser", "ToyDenoiser", prefix: "toy.",
          weights: { files, prefix in
            var pieces: [String: RenamedWeights.Piece] = [:]
            for name in files.names where name.hasPrefix(prefix) {
              pieces[String(name.dropFirst(prefix.count))] = .init(name, shape: files.shape(of: name) ?? [])
            }
            return RenamedWeights(files, pieces)
          },
          configuration: { weights, _ in
            ["_class_name": "ToyDenoiser", "width": .number(weights.shape(of: "text.weight")?[1] ?? 0)]
          }),
        .openCLIP,
      ],
      scheduler: { _, prediction in
        ["_class_name": "DDIMScheduler", "prediction_type": .string(prediction)]
      })
    return family
  }()

  private static let denoiser = ComponentLoader(
    ["ToyDenoiser"], .predictor, stem: "diffusion_pytorch_model", retention: .always
  ) { source, scope, configuration in
    .predictor(try Denoiser(scope, width: configuration.int("width"), path: source.name))
  }

  /// The sample moved by the mean of the text, after one layer.
  final class Denoiser: NoisePredictor {
    let sampleChannels = 3
    let sampleSize = (height: 4, width: 4)
    let embeddingWidth: Int
    private let text: Linear
    private let path: String

    init(_ scope: WeightScope, width: Int, path: String) throws {
      embeddingWidth = width
      text = try Linear(scope["text"], inputs: width, outputs: 3)
      self.path = path
    }

    func sites() -> SiteList {
      var sites = SiteList()
      sites.add(map: "\(path).out", width: sampleChannels)
      return sites
    }

    func callAsFunction(
      _ sample: Tensor, timestep: Double, text known: TextConditioning, context: RunContext
    ) throws -> Tensor {
      let shift = try text(known.tokens.mean(dims: [1], keepDim: true)).unsqueezed(1)
      return try context.visitMap("\(path).out", sample.multiplying(0.5).adding(shift))
    }
  }
}
