extension Tensor {
  /// {…, m, k}·{…, k, n} → {…, m, n}; leading dimensions broadcast. Transposed and narrowed views are read in place.
  ///
  /// A vector {k} counts as one row on the left and as one column on the right, which then goes from the result, as in
  /// `torch.matmul`: two vectors give one number.
  public func matmul(_ b: Tensor) throws -> Tensor {
    guard rank > 0 && b.rank > 0 else {
      throw TensorError(
        "matmul: vectors or matrices expected, got \(Shape.text(shape)) and \(Shape.text(b.shape))")
    }
    let rows = b.shape[Swift.max(b.rank - 2, 0)]
    guard rank > 1 && b.rank > 1 || shape[rank - 1] == rows else {
      throw TensorError(
        "matmul: \(Shape.text(shape)) and \(Shape.text(b.shape)) do not go together: \(shape[rank - 1]) columns and "
          + "\(rows) rows")
    }
    let product = try (rank == 1 ? unsqueezed(0) : self).matrixProduct(b.rank == 1 ? b.unsqueezed(1) : b)
    let column = b.rank == 1 ? try product.squeezed(-1) : product
    return rank == 1 ? try column.squeezed(b.rank == 1 ? -1 : -2) : column
  }

  private func matrixProduct(_ b: Tensor) throws -> Tensor {
    let (x, y, rightIsShared) = (kept, b.kept, b.rank == 2)
    return try detached.product(b.detached).recorded(
      from: self, { try $0.matmul(y().transposed(-2, -1)).summed(to: x().shape) },
      and: b
    ) { gradient in
      let a = try x()
      guard rightIsShared, a.rank > 2 else {
        return try a.transposed(-2, -1).matmul(gradient).summed(to: y().shape)
      }
      // A shared right operand: its sum over the batch is one product.
      func rows(_ x: Tensor) throws -> Tensor {
        try x.reshaped([x.shape.dropLast().reduce(1, *), x.shape[x.rank - 1]])
      }
      return try rows(a).transposed(0, 1).matmul(rows(gradient))
    }
  }

  private func product(_ b: Tensor) throws -> Tensor {
    let (m, k, n) = (shape[rank - 2], shape[rank - 1], b.shape[b.rank - 1])
    guard b.shape[b.rank - 2] == k else {
      throw TensorError(
        "matmul: \(Shape.text(shape)) has \(k) columns, \(Shape.text(b.shape)) has \(b.shape[b.rank - 2]) rows"
      )
    }
    let batch: [Int]
    do {
      batch = try Shape.broadcast(Array(shape.dropLast(2)), Array(b.shape.dropLast(2)))
    } catch {
      throw TensorError(
        "matmul: the batches of \(Shape.text(shape)) and \(Shape.text(b.shape)) do not go together")
    }
    let result = batch + [m, n]
    let total = try Shape.count(result)
    guard total > 0 && k > 0 else { return try .zeros(result) }

    let left = try withMatrixLayout()
    let right = try b.withMatrixLayout()
    // A batch that shares one right operand is one tall product.
    if right.count == k * n && left.isContiguous {
      let a = try left.viewed([1, left.count / k, k])
      let b = try right.viewedAsMatrix()
      return try a.stoppableProduct(b).viewed(result)
    }
    let a = try left.expanded(batch + [m, k])
    let c = try right.expanded(batch + [k, n])
    if let a = a.collapsedBatch(), let c = c.collapsedBatch() {
      return try a.stoppableProduct(c).viewed(result)
    }
    // Outer dimensions that no single stride describes go one by one.
    var slices: [Tensor] = []
    for i in 0..<batch[0] { slices.append(try a.selected(0, i).product(c.selected(0, i))) }
    return try .stacked(slices, dim: 0)
  }

  /// {b, m, k}·{b, k, n}, in parts of some 50 ms where it takes longer than that, so that an interrupt is heard.
  private func stoppableProduct(_ b: Tensor) throws -> Tensor {
    let (batch, rows, multiplications) = (shape[0], shape[1], Double(count) * Double(b.shape[2]))
    let parts = Int(Swift.min(multiplications / Double(1 << 33), Double(batch * rows)))
    guard parts > 1 else { return try Compute.backend.product(self, b) }
    // Whole matrices of the batch where there are enough of them, else rows.
    let (dim, size) = batch >= parts ? (0, batch) : (1, rows)
    let step = (size + parts - 1) / parts
    let pieces = try stride(from: 0, to: size, by: step).map { start in
      try Interruption.check()
      let length = Swift.min(step, size - start)
      let right = dim == 0 && b.shape[0] == batch ? try b.narrowed(0, start: start, length: length) : b
      return try Compute.backend.product(narrowed(dim, start: start, length: length), right)
    }
    return try .concatenated(pieces, dim: dim)
  }

  private func withMatrixLayout() throws -> Tensor {
    MatrixLayout(self) == nil ? try contiguous() : self
  }

  private func viewedAsMatrix() throws -> Tensor {
    Tensor(
      storage: storage, shape: [1, shape[rank - 2], shape[rank - 1]],
      strides: [0, strides[rank - 2], strides[rank - 1]],
      offset: offset)
  }

  /// All leading dimensions as one, or nil if one stride cannot walk them.
  private func collapsedBatch() -> Tensor? {
    var size = 1
    var step = 0
    for d in (0..<(rank - 2)).reversed() where shape[d] != 1 {
      if size == 1 {
        step = strides[d]
      } else if strides[d] != step * size {
        return nil
      }
      size *= shape[d]
    }
    return Tensor(
      storage: storage, shape: [size, shape[rank - 2], shape[rank - 1]],
      strides: [step, strides[rank - 2], strides[rank - 1]], offset: offset)
  }
}
