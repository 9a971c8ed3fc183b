/// How the last two dimensions of a tensor lie in memory: rows one after the other, or columns.
///
/// Which of the two is said, not concluded from strides: with one row or one column, strides fit both.
struct MatrixLayout: Hashable {
  /// Whether columns lie one after the other.
  let isTransposed: Bool
  /// BLAS's leading dimension: elements from one row (transposed: one column) to the next, at least a line's length.
  let leading: Int

  /// Elements from one row to the next.
  var row: Int { isTransposed ? 1 : leading }
  /// Elements from one column to the next.
  var column: Int { isTransposed ? leading : 1 }

  private init(isTransposed: Bool, leading: Int) {
    self.isTransposed = isTransposed
    self.leading = leading
  }

  /// Row-major without gaps.
  static func rows(of width: Int) -> MatrixLayout { MatrixLayout(isTransposed: false, leading: width) }
  /// Column-major without gaps.
  static func columns(of height: Int) -> MatrixLayout { MatrixLayout(isTransposed: true, leading: height) }

  /// Nil where neither rows nor columns are contiguous, or lines overlap.
  init?(rows: Int, columns: Int, row: Int, column: Int) {
    if column == 1 || columns == 1, rows == 1 || row >= columns {
      self.init(isTransposed: false, leading: rows == 1 ? columns : row)
    } else if row == 1 || rows == 1, columns == 1 || column >= rows {
      self.init(isTransposed: true, leading: columns == 1 ? rows : column)
    } else {
      return nil
    }
  }

  init?(_ matrix: Tensor) {
    let r = matrix.rank - 2
    self.init(
      rows: matrix.shape[r], columns: matrix.shape[r + 1], row: matrix.strides[r],
      column: matrix.strides[r + 1])
  }
}
