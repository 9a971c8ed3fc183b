/// Decompositions and solvers for matrices, on OpenBLAS' LAPACK.
///
/// Computed in double and rounded once at the end. Every function throws for tensors that are not 2-d, for empty ones,
/// for infinities and NaN, where the algorithm fails, and when `Interruption.current` does.
public enum LinearAlgebra {
  /// A {m, n} = U · diag(S) · Vh, with S falling. Thin: U {m, k}, S {k}, Vh {k, n} for k = min(m, n); `full`: U {m, m}
  /// and Vh {n, n}.
  public static func svd(_ a: Tensor, full: Bool = false) throws -> (u: Tensor, s: Tensor, vh: Tensor) {
    guard !full || !a.isRecorded else {
      throw TensorError("svd: the full matrices have no gradient: leave out full, or detach the tensor")
    }
    let (u, s, vh) = try DoubleMatrix(a.detached, for: "svd").apart { matrix in
      let (s, vh) = try matrix.decompose(full: full)
      return (matrix, s, vh)
    }
    let parts = try [u.tensor(), Tensor(s.map { Float($0) }, shape: [s.count]), vh.tensor()]
    let kept = parts.map(\.kept)
    let found = Tensor.recorded(parts, from: [a]) { gradients, _ in
      [try svdGradient(u: kept[0](), s: kept[1](), vh: kept[2](), gradients)]
    }
    return (found[0], found[1], found[2])
  }

  /// Townsend, "Differentiating the singular value decomposition" (2016). Where two singular values meet, or one is 0,
  /// there is no gradient: the broadened inverses of `inverse(of:)` keep it finite.
  private static func svdGradient(u: Tensor, s: Tensor, vh: Tensor, _ gradients: [Tensor]) throws -> Tensor {
    let (v, gradientV) = try (vh.transposed(0, 1), gradients[2].transposed(0, 1))
    let squares = try s.square()
    let gaps = try inverse(of: squares.unsqueezed(0).subtracting(squares.unsqueezed(1)), scale: squares.max())
    func turned(_ x: Tensor, _ gradient: Tensor) throws -> Tensor {
      let inner = try x.transposed(0, 1).matmul(gradient)
      return try inner.subtracting(inner.transposed(0, 1)).multiplying(gaps)
    }
    func outside(_ x: Tensor, _ gradient: Tensor) throws -> Tensor {
      try gradient.subtracting(x.matmul(x.transposed(0, 1).matmul(gradient)))
    }
    let column = try s.unsqueezed(1)
    let core = try turned(u, gradients[0]).multiplying(s).adding(turned(v, gradientV).multiplying(column))
      .adding(Tensor.eye(s.count).multiplying(gradients[1]))
    let inverses = try inverse(of: s, scale: s.max())
    return try u.matmul(core).adding(outside(u, gradients[0]).multiplying(inverses)).matmul(vh)
      .adding(u.matmul(outside(v, gradientV).multiplying(inverses).transposed(0, 1)))
  }

  /// 1/x, and x/(x² + ε²) near 0, with ε a millionth of `scale` (Liao et al., arXiv:1903.09650, section III.A).
  private static func inverse(of x: Tensor, scale: Tensor) throws -> Tensor {
    let smallest = try scale.maximum(1e-30).multiplying(1e-6)
    let relative = try x.dividing(smallest)
    return try relative.dividing(relative.square().adding(1)).dividing(smallest)
  }

  /// A {m, n} = Q {m, k} · R {k, n} for k = min(m, n), Q with orthonormal columns, R upper triangular.
  public static func qr(_ a: Tensor) throws -> (q: Tensor, r: Tensor) {
    let (q, r) = try DoubleMatrix(a, for: "qr").apart { matrix in
      let r = try matrix.orthonormalize()
      return (matrix, r)
    }
    return try (q.tensor(columns: r.rows), r.tensor())
  }

  /// The eigenvalues {n}, rising, and eigenvectors, the columns of {n, n}, of a symmetric matrix. Only the lower
  /// triangle is read.
  public static func eigh(_ a: Tensor) throws -> (values: Tensor, vectors: Tensor) {
    let (matrix, values) = try DoubleMatrix(a.detached, for: "eigh").apart { matrix in
      let values = try matrix.diagonalize("eigh")
      return (matrix, values)
    }
    let parts = try [Tensor(values.map { Float($0) }, shape: [values.count]), matrix.tensor()]
    let kept = parts.map(\.kept)
    let found = Tensor.recorded(parts, from: [a]) { gradients, _ in
      // Giles, "An extended collection of matrix derivative results" (2008), section 3.1, made symmetric.
      let (values, vectors) = try (kept[0](), kept[1]())
      let gaps = try inverse(
        of: values.unsqueezed(0).subtracting(values.unsqueezed(1)), scale: values.abs().max())
      let core = try vectors.transposed(0, 1).matmul(gradients[1]).multiplying(gaps)
        .adding(Tensor.eye(values.count).multiplying(gradients[0]))
      let whole = try vectors.matmul(core).matmul(vectors.transposed(0, 1))
      return [try whole.adding(whole.transposed(0, 1)).multiplying(0.5)]
    }
    return (found[0], found[1])
  }

  /// X with A {n, n} · X = B, for B {n} or {n, k}.
  public static func solve(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let matrix = try DoubleMatrix(a.detached, for: "solve")
    try matrix.checkSquare("solve")
    let right = try DoubleMatrix(rightHandSide: b.detached, of: matrix, for: "solve")
    let solution = try matrix.apart { matrix in try matrix.solve(right) }.tensor().reshaped(b.shape)
    let (keptA, keptX) = (a.kept, solution.kept)
    return solution.recorded(from: [a, b]) { gradient, _ in
      // Of the right-hand side first, A⁻ᵀ·g; then of A, the product of that with the solution.
      let right = try solve(keptA().transposed(0, 1), gradient)
      func columns(_ x: Tensor) throws -> Tensor { try x.reshaped([x.shape[0], -1]) }
      let left = try columns(right).matmul(columns(keptX()).transposed(0, 1)).negated()
      return [left, right]
    }
  }

  /// The X {n} or {n, k} of least norm among those that make |A {m, n} · X - B| least. Singular values below
  /// max(m, n) · 2⁻²³ of the largest count as zero.
  public static func lstsq(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let matrix = try DoubleMatrix(a, for: "lstsq")
    let right = try DoubleMatrix(rightHandSide: b, of: matrix, for: "lstsq")
    let solution = try matrix.apart { matrix in try matrix.leastSquares(right) }.tensor(rows: matrix.columns)
    return b.rank == 1 ? try solution.reshaped([matrix.columns]) : solution
  }

  /// The Moore–Penrose inverse {n, m} of A {m, n}. Singular values below max(m, n) · 2⁻²³ of the largest count as
  /// zero.
  public static func pinv(_ a: Tensor) throws -> Tensor {
    try DoubleMatrix(a, for: "pinv").apart { matrix in try matrix.pseudoinverse() }.tensor()
  }

  /// The principal square root of A {n, n}, by its Schur form (Björck and Hammarling 1983). Throws where it is not
  /// real.
  public static func sqrtm(_ a: Tensor) throws -> Tensor {
    let matrix = try DoubleMatrix(a, for: "sqrtm")
    try matrix.checkSquare("sqrtm")
    return try matrix.apart { matrix in try matrix.squareRoot() }.tensor()
  }
}
