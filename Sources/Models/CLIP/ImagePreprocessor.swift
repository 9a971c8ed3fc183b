import Tensor

/// Turns pictures into what the vision tower of CLIP takes: the short edge resized, the centre cut out, the colours
/// normalised.
public struct ImagePreprocessor {
  /// Length of the short edge after resizing; nil where the picture is stretched to `crop`.
  let shortEdge: Int?
  /// Height and width of the result.
  let crop: (height: Int, width: Int)
  let filter: ResizeFilter
  /// Of each colour channel.
  let mean, deviation: [Float]

  /// CLIP's own values for pictures of a given size.
  public init(imageSize: Int) {
    shortEdge = imageSize
    crop = (imageSize, imageSize)
    filter = .bicubic
    mean = [0.48145466, 0.4578275, 0.40821073]
    deviation = [0.26862954, 0.26130258, 0.27577711]
  }

  /// What `preprocessor_config.json` says.
  public init(_ configuration: Configuration) throws {
    func switchedOff(_ key: String) throws -> Bool { try !configuration.bool(key, default: true) }
    for key in ["do_resize", "do_center_crop", "do_rescale", "do_normalize"] where try switchedOff(key) {
      throw PipelineError("\(configuration.path): \(key) = false is not supported")
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
    mean = try configuration.numbers("image_mean", default: usual.mean)
    deviation = try configuration.numbers("image_std", default: usual.deviation)
    guard mean.count == 3 else { throw configuration.fault("image_mean", "a list of 3") }
    guard deviation.count == 3, !deviation.contains(0) else {
      throw configuration.fault("image_std", "a list of 3 that are not 0")
    }
  }

  /// - Parameter image: {H, W, 3} in [0, 1]; if it has to be resized, its numbers are cut off outside and
  ///   rounded to 256 levels, before and after each pass, as the reference does with its 8-bit pictures
  /// - Returns: {height, width, 3}
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    guard image.rank == 3, image.shape[2] == 3, image.count > 0 else {
      throw PipelineError("image must be of shape {height, width, 3}, got \(braced(image.shape))")
    }
    let (height, width) = (image.shape[0], image.shape[1])
    let short = min(height, width)
    let size = shortEdge.map { (height: $0 * height / short, width: $0 * width / short) } ?? crop
    let resized = try filter.resize(image, height: size.height, width: size.width)
    let cut = try resized.narrowed(0, start: (size.height - crop.height) / 2, length: crop.height)
      .narrowed(1, start: (size.width - crop.width) / 2, length: crop.width)
    return try cut.subtracting(Tensor(mean, shape: [3])).dividing(Tensor(deviation, shape: [3]))
  }
}

/// Resampling that averages over all source pixels a result pixel covers, as image libraries do (and `resized`, which
/// follows torch's `interpolate`, does not).
enum ResizeFilter {
  case bilinear, bicubic

  /// {H, W, C} in [0, 1] to {height, width, C} of 256 levels; the picture itself if the size is right.
  func resize(_ image: Tensor, height: Int, width: Int) throws -> Tensor {
    guard image.shape[0] != height || image.shape[1] != width else { return image }
    var planes = try levels(image.permuted([2, 0, 1]).multiplying(255))
    if image.shape[1] != width {
      planes = try levels(planes.matmul(weights(from: image.shape[1], to: width).transposed(0, 1)))
    }
    if image.shape[0] != height {
      planes = try levels(
        weights(from: image.shape[0], to: height).expanded([3, height, image.shape[0]]).matmul(planes))
    }
    return try planes.permuted([1, 2, 0]).dividing(255)
  }

  /// Rounded to whole numbers from 0 to 255, halves up.
  /// The gradient passes the rounding by (and the clamp, as pixels beyond it must find back).
  private func levels(_ x: Tensor) throws -> Tensor {
    let rounded = try x.detached.adding(0.5).floor().clamped(min: 0, max: 255)
    return x.requiresGradient ? try x.straightThrough(rounded) : rounded
  }

  private var support: Double { self == .bicubic ? 2 : 1 }

  /// Keys 1981 with a = -1/2, or the triangle.
  private func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    guard x < support else { return 0 }
    switch self {
    case .bilinear: return 1 - x
    case .bicubic: return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2
    }
  }

  /// {to, from}: how much of each source pixel is in each result pixel; rows sum to 1.
  private func weights(from: Int, to: Int) throws -> Tensor {
    let scale = Double(from) / Double(to)
    let stretch = max(scale, 1)
    var matrix = [Float](repeating: 0, count: from * to)
    for row in 0..<to {
      let center = (Double(row) + 0.5) * scale
      let first = max(0, Int(center - support * stretch + 0.5))
      let last = min(from, Int(center + support * stretch + 0.5))
      let weights = (first..<last).map { weight((Double($0) - center + 0.5) / stretch) }
      let sum = weights.reduce(0, +)
      for (column, weight) in zip(first..<last, weights) { matrix[row * from + column] = Float(weight / sum) }
    }
    return try Tensor(matrix, shape: [to, from])
  }
}
