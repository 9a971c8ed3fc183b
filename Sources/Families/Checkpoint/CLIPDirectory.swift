import Glibc
import Models
import Neural

extension CLIPModel {
  /// Reads a directory as transformers writes it.
  ///
  /// - Parameters:
  ///   - tokenizer: if the directory has none of its own
  ///   - path: names the sites: `clip.text_model.layers.0`, `clip.vision_model.layers.0` …
  public convenience init(
    _ source: ComponentSource, tokenizer: (any TextTokenizer)? = nil, path: String = "clip"
  ) throws {
    let configuration = try source.configuration()
    try CLIPSettings.checkModel(configuration)
    let scope = WeightScope(try source.weights(stem: "model").source)
    let width = try configuration.int("projection_dim", default: 512)
    let text = try TextEncoder(
      scope, configuration: CLIPSettings.tower("text", of: configuration), path: "\(path).text_model",
      projectionWidth: width)
    let vision = try VisionEncoder(
      scope, configuration: CLIPSettings.tower("vision", of: configuration), path: "\(path).vision_model",
      projectionWidth: width)
    guard text.featureWidth == width, vision.featureWidth == width else {
      throw PipelineError(
        "\(source.directory): text_projection or visual_projection is missing: not a full CLIP")
    }
    let preprocessing = "\(source.directory)/preprocessor_config.json"
    let preprocessor =
      access(preprocessing, F_OK) == 0
      ? try ImagePreprocessor(Configuration(file: preprocessing))
      : ImagePreprocessor(imageSize: vision.imageSize)
    let hasTokenizer = ["tokenizer.json", "vocab.json"].contains {
      access("\(source.directory)/\($0)", F_OK) == 0
    }
    self.init(
      text: text, vision: vision, preprocessor: preprocessor,
      tokenizer: try hasTokenizer
        ? Tokenizer(directory: source.directory) : tokenizer ?? Tokenizer(directory: source.directory),
      logitScale: exp(try scope.tensor("logit_scale", shape: []).item()), featureWidth: width)
  }
}
