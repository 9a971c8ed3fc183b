import Tensor

/// Decoding in overlapping tiles, so that memory does not grow with the picture; where tiles overlap, one fades into the
/// next. The numbers are those of `enable_tiling` in diffusers.
///
/// A tile is normalised by its own statistics and attends to itself alone: the picture is not quite that of a decoding as a
/// whole.
struct TiledDecoding {
  /// Of a tile, in latents; a multiple of 4, as a quarter overlaps.
  let side: Int
  /// Pixels per latent.
  let factor: Int

  private var step: Int { side * 3 / 4 }
  /// Over how many pixels tiles fade.
  private var overlap: Int { side * factor / 4 }

  /// Whether latents {N, h, w, channels} are more than one tile.
  func divides(_ latents: Tensor) -> Bool { max(latents.shape[1], latents.shape[2]) > side }

  /// - Parameter decode: {N, h, w, channels} to {N, h·factor, w·factor, 3}
  func callAsFunction(_ latents: Tensor, decode: (Tensor) throws -> Tensor) throws -> Tensor {
    var above: [Tensor] = []
    let bands = try starts(latents.shape[1]).map { top in
      var row: [Tensor] = []
      for left in starts(latents.shape[2]) {
        var tile = try decode(part(part(latents, 1, from: top), 2, from: left).contiguous())
        if row.count < above.count { tile = try faded(from: above[row.count], into: tile, dim: 1) }
        if let last = row.last { tile = try faded(from: last, into: tile, dim: 2) }
        row.append(tile)
      }
      above = row
      return try Tensor.concatenated(row.map { try cropped(cropped($0, 1), 2) }, dim: 2)
    }
    return try .concatenated(bands, dim: 1)
  }

  private func starts(_ length: Int) -> StrideTo<Int> { stride(from: 0, to: length, by: step) }

  private func part(_ latents: Tensor, _ dim: Int, from start: Int) throws -> Tensor {
    try latents.narrowed(dim, start: start, length: min(side, latents.shape[dim] - start))
  }

  /// Without what the next tile shows.
  private func cropped(_ tile: Tensor, _ dim: Int) throws -> Tensor {
    try tile.narrowed(dim, start: 0, length: min(step * factor, tile.shape[dim]))
  }

  /// The end of one tile fades into the start of the next.
  private func faded(from before: Tensor, into tile: Tensor, dim: Int) throws -> Tensor {
    let (end, length) = (before.shape[dim], tile.shape[dim])
    let extent = min(end, length, overlap)
    let shape = dim == 1 ? [extent, 1, 1] : [extent, 1]
    let weights = try Tensor((0..<extent).map { Float($0) / Float(extent) }, shape: shape)
    let leaving = try before.narrowed(dim, start: end - extent, length: extent)
      .multiplying(weights.multiplying(-1).adding(1))
    let coming = try tile.narrowed(dim, start: 0, length: extent).multiplying(weights)
    let rest = try tile.narrowed(dim, start: extent, length: length - extent)
    return try .concatenated([leaving.adding(coming), rest], dim: dim)
  }
}
