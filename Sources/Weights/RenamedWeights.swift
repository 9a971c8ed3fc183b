import Neural
import Tensor

/// Tensors of a file under the names that a model knows them by.
public final class RenamedWeights: WeightSource {
  /// A tensor of the file, or some of its rows, perhaps in another shape of as many numbers.
  public struct Piece: Sendable {
    public let name: String
    public let rows: Range<Int>?
    public let shape: [Int]
    /// Whether the file has rows for columns.
    public let isTransposed: Bool

    /// - Parameter shape: of what is left after `rows` were taken and, where it is transposed, columns for rows
    public init(_ name: String, rows: Range<Int>? = nil, shape: [Int], isTransposed: Bool = false) {
      self.isTransposed = isTransposed
      self.name = name
      self.rows = rows
      self.shape = shape
    }
  }

  private let files: WeightFiles
  private let pieces: [String: Piece]

  /// - Parameter pieces: by the model's names
  public init(_ files: WeightFiles, _ pieces: [String: Piece]) {
    self.files = files
    self.pieces = pieces
  }

  public var path: String { files.path }
  public var names: [String] { pieces.keys.sorted() }

  /// The tensors of the file that are seen.
  public var storedNames: Set<String> { Set(pieces.values.map(\.name)) }

  public func shape(of name: String) -> [Int]? { pieces[name]?.shape }

  public func reader(named name: String, shape: [Int]) throws -> WeightReader {
    if let fault = fault(name, shape: shape) { throw fault }
    guard let piece = pieces[name], let stored = files.shape(of: piece.name) else {
      throw NeuralError("\(path): no tensor '\(name)'")
    }
    let reader = try files.reader(named: piece.name, shape: stored)
    return WeightReader(
      whole: { try Self.take(piece, from: reader.whole()) },
      rows: reader.rows.flatMap { Self.rows(of: piece, stored: stored, $0) })
  }

  /// Nil where the rows are no longer those of the file.
  private static func rows(
    of piece: Piece, stored: [Int], _ read: @escaping WeightReader.RowReader
  ) -> WeightReader.RowReader? {
    let first = piece.rows?.lowerBound ?? 0
    guard !piece.isTransposed, (piece.rows?.count ?? stored.first) == piece.shape.first else { return nil }
    return { rows, out in try read(first + rows.lowerBound..<first + rows.upperBound, out) }
  }

  public func tensor(named name: String) throws -> Tensor {
    guard let piece = pieces[name] else { throw NeuralError("\(path): no tensor '\(name)'") }
    return try Self.take(piece, from: files.tensor(named: piece.name))
  }

  private static func take(_ piece: Piece, from whole: Tensor) throws -> Tensor {
    if piece.isTransposed { return try whole.transposed(0, 1).contiguous().viewed(piece.shape) }
    guard let rows = piece.rows else { return try whole.viewed(piece.shape) }
    return try whole.narrowed(0, start: rows.lowerBound, length: rows.count).clone().viewed(piece.shape)
  }
}
