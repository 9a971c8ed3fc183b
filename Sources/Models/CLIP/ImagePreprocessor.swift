import Tensor

/// Turns pictures into what the vision tower of CLIP takes: the short edge resized, the centre cut out, the colours
/// normalised.
public struct ImagePreprocessor {
  /// Length of the short edge after resizing; nil where the picture is stretched to `crop`.
  let shortEdge: Int?
  /// Height and width of the result.
  let crop: (height: Int, width: Int)
  let filter: ResizeFilter
  /// What numbers in [0, 1] are multiplied with before they are normalised: 255 · `rescale_factor`, which is 1 in all but name.
  let scale: Float
  /// Of each colour channel.
  let mean, deviation: [Float]

  /// CLIP's own values for pictures of a given size.
  public init(imageSize: Int) {
    shortEdge = imageSize
    crop = (imageSize, imageSize)
    filter = .bicubic
    scale = 1
    mean = [0.48145466, 0.4578275, 0.40821073]
    deviation = [0.26862954, 0.26130258, 0.27577711]
  }

  /// What `preprocessor_config.json` says.
  public init(_ configuration: Configuration) throws {
    try configuration.require([
      "do_resize": .bool(true), "do_center_crop": .bool(true), "do_rescale": .bool(true),
      "do_normalize": .bool(true), "do_pad": .bool(false), "do_flip_channel_order": .bool(false),
      "use_square_size": .bool(false), "default_to_square": .bool(false),
    ])
    try configuration.check(ImagePreprocessor.settings)
    for key in ["image_processor_type", "feature_extractor_type"] where configuration.has(key) {
      let name = try configuration.string(key)
      guard ImagePreprocessor.classes.contains(name) else {
        throw PipelineError(
          "\(configuration.path): \(key) = \(name) is not supported, only CLIPImageProcessor")
      }
    }
    if let names = configuration.json["size"]?.object?.keys.filter({ !ImagePreprocessor.sides.contains($0) }),
      let stray = names.first
    {
      throw PipelineError("\(configuration.path): size: unknown setting \(stray)")
    }
    func side(_ key: String, _ name: String) throws -> Int {
      if configuration.json[key]?.int != nil { return try configuration.int(key) }
      return try configuration.section(key).int(name)
    }
    crop = try (side("crop_size", "height"), side("crop_size", "width"))
    if configuration.json["size"]?["height"] != nil {
      let size = try (side("size", "height"), side("size", "width"))
      guard size == crop else {
        throw configuration.fault("size", "a shortest_edge, or the same as crop_size")
      }
      shortEdge = nil
    } else {
      let edge = try side("size", "shortest_edge")
      guard edge >= max(crop.height, crop.width) else {
        throw configuration.fault("size", "at least crop_size")
      }
      shortEdge = edge
    }
    switch try configuration.int("resample", default: 3, minimum: 0) {
    case 2: filter = .bilinear
    case 3: filter = .bicubic
    default: throw configuration.fault("resample", "2 (bilinear) or 3 (bicubic)")
    }
    let usual = ImagePreprocessor(imageSize: 1)
    // 1/255 in any spelling is no scaling at all.
    let factor = 255 * (try configuration.double("rescale_factor", default: 1.0 / 255))
    scale = abs(factor - 1) < 1e-9 ? 1 : Float(factor)
    mean = try configuration.numbers("image_mean", default: usual.mean)
    deviation = try configuration.numbers("image_std", default: usual.deviation)
    guard mean.count == 3 else { throw configuration.fault("image_mean", "a list of 3") }
    guard deviation.count == 3, !deviation.contains(0) else {
      throw configuration.fault("image_std", "a list of 3 that are not 0")
    }
  }

  private static let classes = [
    "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor",
  ]
  private static let sides: Set<String> = ["shortest_edge", "height", "width"]

  private static let settings = ClassSettings(
    used: [
      "do_resize", "do_center_crop", "do_rescale", "do_normalize", "size", "crop_size", "resample",
      "rescale_factor", "image_mean", "image_std",
    ],
    nullable: [
      "do_pad", "do_flip_channel_order", "use_square_size", "default_to_square", "image_processor_type",
      "feature_extractor_type",
    ],
    // Pictures are red, green and blue already when they come here.
    withoutInfluence: [
      "do_convert_rgb", "processor_class", "data_format", "input_data_format", "return_tensors", "device",
    ])

  /// - Parameter image: {H, W, 3} in [0, 1]; if it has to be resized, its numbers are cut off outside and
  ///   rounded to 256 levels, before and after each pass, as the reference does with its 8-bit pictures
  /// - Returns: {height, width, 3}
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    guard image.rank == 3, image.shape[2] == 3, image.count > 0 else {
      throw PipelineError("image must be of shape {height, width, 3}, got \(Shape.text(image.shape))")
    }
    let (height, width) = (image.shape[0], image.shape[1])
    let short = min(height, width)
    let size = shortEdge.map { (height: $0 * height / short, width: $0 * width / short) } ?? crop
    let resized = try filter.resize(image, height: size.height, width: size.width)
    let cut = try resized.narrowed(0, start: (size.height - crop.height) / 2, length: crop.height)
      .narrowed(1, start: (size.width - crop.width) / 2, length: crop.width)
    let scaled = scale == 1 ? cut : try cut.multiplying(scale)
    return try scaled.subtracting(Tensor(mean, shape: [3])).dividing(Tensor(deviation, shape: [3]))
  }
}
