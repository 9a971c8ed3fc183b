/// How the last two dimensions of a tensor lie in memory.
struct MatrixLayout: Hashable {
  /// Elements from one row to the next and from one column to the next; one of them is 1.
  var row: Int, column: Int

  var isTransposed: Bool { column != 1 }
  /// BLAS's leading dimension.
  var leading: Int { isTransposed ? column : row }

  /// Nil where neither rows nor columns are contiguous, or lines overlap.
  init?(rows: Int, columns: Int, row: Int, column: Int) {
    if column == 1 || columns == 1, rows == 1 || row >= columns {
      self.row = rows == 1 ? columns : row
      self.column = 1
    } else if row == 1 || rows == 1, columns == 1 || column >= rows {
      self.row = 1
      self.column = columns == 1 ? rows : column
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
