/// How `resized` finds a value between or over input positions, named as in `torch.nn.functional.interpolate`.
public enum ResampleMode: String, Sendable, CaseIterable {
  case nearest
  case bilinear
  /// Keys' cubic convolution with a = -0.75 (a = -0.5 when antialiased, as in Pillow).
  case bicubic
  /// The mean over the input area that an output position covers.
  case area
}

extension Tensor {
  /// Resamples the last two dimensions {…, H, W} → {…, height, width}.
  ///
  /// Positions are pixel centres (`align_corners=false`), the border repeats. With `antialias`, the bilinear and
  /// bicubic filters widen by the factor of a reduction, as Pillow's do and as CLIP's preprocessing expects.
  public func resized(height: Int, width: Int, mode: ResampleMode, antialias: Bool = false) throws -> Tensor {
    guard rank >= 2, shape[rank - 2] > 0, shape[rank - 1] > 0 else {
      throw TensorError(
        "resize needs a tensor {…, height, width} that is not empty, got \(Shape.text(shape))")
    }
    guard height > 0 && width > 0 else {
      throw TensorError("resize needs a height and width of at least 1, got \(height) and \(width)")
    }
    // The weights of each row and column are kept in arrays, which must stay small.
    guard Swift.max(height, width) <= 1 << 20, Swift.max(shape[rank - 2], shape[rank - 1]) <= 1 << 24 else {
      throw TensorError(
        "out of memory: \(Shape.text(shape)) is not resized to height \(height), width \(width); at most 2^20 are made, of 2^24"
      )
    }
    let columns = ResampleTaps(from: shape[rank - 1], to: width, mode, antialias: antialias)
    let rows = ResampleTaps(from: shape[rank - 2], to: height, mode, antialias: antialias)
    return try detached.resampled(-1, columns).resampled(-2, rows).recorded(from: self) { [shape] gradient in
      try gradient.resampled(-2, rows.transposed(inputCount: shape[shape.count - 2]))
        .resampled(-1, columns.transposed(inputCount: shape[shape.count - 1]))
    }
  }

  private func resampled(_ dim: Int, _ taps: ResampleTaps) throws -> Tensor {
    let d = try Shape.dimension(dim, rank: rank)
    return try Compute.backend.resample(contiguous(), dim: d, taps)
  }
}

/// For each output position of one axis: the input positions it is made of, and their weights.
public struct ResampleTaps: Sendable {
  public let outputCount: Int
  public private(set) var perOutput = 1
  public private(set) var places: [Int] = []
  public private(set) var weights: [Float] = []

  init(from n: Int, to m: Int, _ mode: ResampleMode, antialias: Bool) {
    outputCount = m
    let scale = Float(n) / Float(m)
    switch mode {
    case .nearest:
      places = (0..<m).map { Swift.min(Int(Float($0) * scale), n - 1) }
      weights = [Float](repeating: 1, count: m)
    case .area:
      let ranges = (0..<m).map { ($0 * n / m)..<((($0 + 1) * n + m - 1) / m) }
      fill(ranges.map { range in range.map { ($0, 1 / Float(range.count)) } })
    case .bilinear where antialias, .bicubic where antialias:
      let stretch = Swift.max(scale, 1)
      let support = (mode == .bicubic ? 2 : 1) * stretch
      fill(
        (0..<m).map { output in
          let centre = (Float(output) + 0.5) * scale
          let first = Swift.max(Int(centre - support + 0.5), 0)
          let end = Swift.min(Int(centre + support + 0.5), n)
          let raw = (first..<end).map { place in
            let distance = (Float(place) - centre + 0.5) / stretch
            return mode == .bicubic ? Self.cubic(distance, a: -0.5) : Swift.max(0, 1 - Swift.abs(distance))
          }
          let total = raw.reduce(0, +)
          return zip(first..<end, raw).map { ($0, $1 / total) }
        })
    case .bilinear:
      fill(
        (0..<m).map { output in
          let position = Swift.max((Float(output) + 0.5) * scale - 0.5, 0)
          let first = Swift.min(Int(position), n - 1)
          let rest = Swift.min(Swift.max(position - Float(first), 0), 1)
          return [(first, 1 - rest), (Swift.min(first + 1, n - 1), rest)]
        })
    case .bicubic:
      fill(
        (0..<m).map { output in
          let position = (Float(output) + 0.5) * scale - 0.5
          let first = Int(position.rounded(.down))
          let rest = position - Float(first)
          return (-1...2).map { k in
            (Swift.min(Swift.max(first + k, 0), n - 1), Self.cubic(rest - Float(k), a: -0.75))
          }
        })
    }
  }

  private init(_ taps: [[(place: Int, weight: Float)]]) {
    outputCount = taps.count
    fill(taps)
  }

  /// From outputs back to inputs: for each input, the outputs that it is part of. The gradient's way.
  func transposed(inputCount: Int) -> ResampleTaps {
    var taps = [[(place: Int, weight: Float)]](repeating: [], count: inputCount)
    for (index, (place, weight)) in zip(places, weights).enumerated() where weight != 0 {
      taps[place].append((index / perOutput, weight))
    }
    return ResampleTaps(taps)
  }

  /// Keys' cubic convolution kernel (IEEE ASSP 29, 1981, equation 4 for any a).
  private static func cubic(_ distance: Float, a: Float) -> Float {
    let x = Swift.abs(distance)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// Taps of different number, filled up with weights of 0.
  private mutating func fill(_ taps: [[(place: Int, weight: Float)]]) {
    perOutput = Swift.max(taps.map(\.count).max() ?? 1, 1)
    for own in taps {
      let missing = perOutput - own.count
      places += own.map(\.place) + [Int](repeating: own.last?.place ?? 0, count: missing)
      weights += own.map(\.weight) + [Float](repeating: 0, count: missing)
    }
  }
}
