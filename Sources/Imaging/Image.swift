import Tensor

/// A picture: a tensor {height, width, channels} with values meant for [0, 1], of 1 (grey), 3 (RGB) or 4 (RGBA,
/// alpha not premultiplied) channels. Values outside are kept until the picture is written.
public struct Image {
  public let tensor: Tensor
  /// The pictures and labels that it was put together of, where it was: it can then be drawn with labels as text.
  public let sheet: ContactSheet?

  /// Takes {height, width, channels}, or {height, width} as grey.
  public init(_ tensor: Tensor) throws { try self.init(tensor, sheet: nil) }

  init(_ tensor: Tensor, sheet: ContactSheet?) throws {
    let tensor = tensor.rank == 2 ? try tensor.unsqueezed(2) : tensor
    guard tensor.rank == 3, [1, 3, 4].contains(tensor.shape[2]), tensor.count > 0 else {
      let shape = tensor.shape.map(String.init).joined(separator: ", ")
      throw ImagingError("an image is {height, width} or {height, width, 1, 3 or 4}, got {\(shape)}")
    }
    self.tensor = tensor
    self.sheet = sheet
  }

  public var height: Int { tensor.shape[0] }
  public var width: Int { tensor.shape[1] }
  public var channels: Int { tensor.shape[2] }

  /// The samples as bytes, row by row: clamped to [0, 1], then round(255·x). What is not a number becomes 0.
  public func bytes() -> [UInt8] {
    tensor.withUnsafeBuffer { values in
      [UInt8](unsafeUninitializedCapacity: values.count) { bytes, count in
        for index in 0..<values.count {
          let value = values[index]
          // The comparison is false for what is not a number.
          bytes[index] = value > 0 ? UInt8((min(value, 1) * 255).rounded()) : 0
        }
        count = values.count
      }
    }
  }

  /// Red, green and blue: grey is repeated, alpha is laid over white.
  public func rgb() throws -> Image {
    switch channels {
    case 3: return self
    case 1: return try Image(tensor.expanded([height, width, 3]).contiguous())
    default:
      let pixels = try tensor.elements(copies: 4)
      var result = [Float](repeating: 0, count: height * width * 3)
      for pixel in 0..<height * width {
        let alpha = pixels[4 * pixel + 3]
        for channel in 0..<3 {
          result[3 * pixel + channel] = pixels[4 * pixel + channel] * alpha + (1 - alpha)
        }
      }
      return try Image(Tensor(result, shape: [height, width, 3]))
    }
  }

  /// Red, green and blue as models are shown them: grey is repeated, alpha is dropped, as `convert("RGB")` of Pillow does,
  /// with which diffusers and transformers read pictures.
  public func opaque() throws -> Image {
    guard channels == 4 else { return try rgb() }
    return try Image(tensor.narrowed(2, start: 0, length: 3).contiguous())
  }

  /// How bright each pixel is, {height, width} in [0, 1] of 256 levels: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, in the
  /// fixed-point numbers of Pillow's `convert("L")`); alpha is dropped, grey is itself.
  public func luminance() throws -> Tensor {
    guard channels > 1 else { return try tensor.selected(2, 0) }
    let (bytes, channels) = (self.bytes(), channels)
    let values = (0..<height * width).map { pixel in
      let (red, green, blue) = (
        UInt32(bytes[pixel * channels]), UInt32(bytes[pixel * channels + 1]),
        UInt32(bytes[pixel * channels + 2])
      )
      return Float((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16) / 255
    }
    return try Tensor(values, shape: [height, width])
  }

  /// The picture at another size; the modes are those of `Tensor.resized`.
  public func resized(height: Int, width: Int, mode: ResampleMode = .bilinear) throws -> Image {
    guard height > 0, width > 0 else {
      throw ImagingError("an image cannot be resized to \(width) × \(height)")
    }
    let planes = try tensor.permuted([2, 0, 1]).contiguous()
    return try Image(
      planes.resized(height: height, width: width, mode: mode).permuted([1, 2, 0]).contiguous())
  }
}
