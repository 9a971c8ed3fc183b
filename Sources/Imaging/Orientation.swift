import Tensor

extension Tensor {
  /// A picture {h, w, c} turned upright, as EXIF's orientation (1 to 8) says.
  func oriented(_ orientation: Int) throws -> Tensor {
    guard (2...8).contains(orientation) else { return self }
    let (rows, columns, channels) = (shape[0], shape[1], shape[2])
    let isTransposed = orientation >= 5
    let flipsRows = [3, 4, 6, 7].contains(orientation)
    let flipsColumns = [2, 3, 7, 8].contains(orientation)
    let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
    let result = try Tensor.uninitialized([height, width, channels])
    try withUnsafeBuffer { source in
      try result.withUnsafeMutableBuffer { target in
        for y in 0..<height {
          for x in 0..<width {
            let (row, column) = isTransposed ? (x, y) : (y, x)
            let from =
              (flipsRows ? rows - 1 - row : row) * columns + (flipsColumns ? columns - 1 - column : column)
            for channel in 0..<channels {
              target[(y * width + x) * channels + channel] = source[from * channels + channel]
            }
          }
        }
      }
    }
    return result
  }
}
