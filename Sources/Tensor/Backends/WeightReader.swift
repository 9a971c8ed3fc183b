/// Where a weight's numbers come from, as often as they are wanted: a tensor of a file.
public struct WeightReader: Sendable {
  /// All of them, in any shape.
  public let whole: @Sendable () throws -> Tensor
  /// Writes those of some entries of the first dimension, on any thread; nil where only the whole can be read.
  public let rows: RowReader?

  public typealias RowReader =
    @Sendable (_ rows: Range<Int>, _ out: UnsafeMutablePointer<Float>) throws -> Void

  public init(whole: @escaping @Sendable () throws -> Tensor, rows: RowReader? = nil) {
    self.whole = whole
    self.rows = rows
  }

  /// Several matrices one after the other.
  ///
  /// - Parameters:
  ///   - parts: each with its number of rows
  ///   - width: of all rows
  public init(joining parts: [(reader: WeightReader, rows: Int)], width: Int) {
    let ends = parts.map(\.rows).reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    let readers = parts.compactMap(\.reader.rows)
    let readPart: RowReader = { rows, out in
      for (index, read) in readers.enumerated() {
        let part = rows.clamped(to: ends[index]..<ends[index + 1])
        guard !part.isEmpty else { continue }
        let own = part.lowerBound - ends[index]..<part.upperBound - ends[index]
        try read(own, out + (part.lowerBound - rows.lowerBound) * width)
      }
    }
    self.init(
      whole: {
        let all = try parts.map { part in try part.reader.whole().viewed([part.rows, width]) }
        return try Tensor.concatenated(all, dim: 0)
      }, rows: readers.count == parts.count ? readPart : nil)
  }
}
