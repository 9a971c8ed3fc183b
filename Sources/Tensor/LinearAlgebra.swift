import CKernels
import COpenBLAS

/// Decompositions and solvers for matrices, on OpenBLAS' LAPACK.
///
/// Computed in double and rounded once at the end. Every function throws for tensors that are not 2-d, for empty ones,
/// for infinities and NaN, and where the algorithm fails.
public enum LinearAlgebra {
  /// A {m, n} = U · diag(S) · Vh, with S falling. Thin: U {m, k}, S {k}, Vh {k, n} for k = min(m, n); `full`: U {m, m}
  /// and Vh {n, n}.
  public static func svd(_ a: Tensor, full: Bool = false) throws -> (u: Tensor, s: Tensor, vh: Tensor) {
    guard !full || !a.isRecorded else {
      throw TensorError("svd: the full matrices have no gradient: leave out full, or detach the tensor")
    }
    var u = try Matrix(a.detached, for: "svd")
    let (s, vh) = try u.decompose(full: full)
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
    var matrix = try Matrix(a, for: "qr")
    var (m, n) = (Int32(matrix.rows), Int32(matrix.columns))
    var k = Swift.min(m, n)
    var reflectors = [Double](repeating: 0, count: Int(k))
    try withWorkspace("qr") { work, length, info in
      var length = length
      dgeqrf_(&m, &n, &matrix.elements, &m, &reflectors, work, &length, &info)
    }
    var r = Matrix(rows: Int(k), columns: matrix.columns)
    for j in 0..<r.columns {
      for i in 0...Swift.min(j, r.rows - 1) { r[i, j] = matrix[i, j] }
    }
    try withWorkspace("qr") { work, length, info in
      var (columns, length) = (k, length)
      dorgqr_(&m, &columns, &k, &matrix.elements, &m, reflectors, work, &length, &info)
    }
    return try (matrix.tensor(columns: Int(k)), r.tensor())
  }

  /// The eigenvalues {n}, rising, and eigenvectors, the columns of {n, n}, of a symmetric matrix. Only the lower
  /// triangle is read.
  public static func eigh(_ a: Tensor) throws -> (values: Tensor, vectors: Tensor) {
    var matrix = try Matrix(a.detached, for: "eigh")
    let values = try matrix.diagonalize("eigh")
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
    var matrix = try Matrix(a.detached, for: "solve")
    try matrix.checkSquare("solve")
    var right = try Matrix(rightHandSide: b.detached, of: matrix, for: "solve")
    var (n, k, info) = (Int32(matrix.rows), Int32(right.columns), Int32(0))
    var pivots = [Int32](repeating: 0, count: matrix.rows)
    dgesv_(&n, &k, &matrix.elements, &n, &pivots, &right.elements, &n, &info)
    guard info == 0 else { throw TensorError("solve: the matrix \(Shape.text(a.shape)) is singular") }
    let solution = try right.tensor().reshaped(b.shape)
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
    var matrix = try Matrix(a, for: "lstsq")
    let given = try Matrix(rightHandSide: b, of: matrix, for: "lstsq")
    var (m, n, k) = (Int32(matrix.rows), Int32(matrix.columns), Int32(given.columns))
    // The solution takes the place of the right-hand side, so there must be room for the longer of the two.
    var tall = Matrix(rows: Swift.max(given.rows, matrix.columns), columns: given.columns)
    for j in 0..<given.columns {
      for i in 0..<given.rows { tall[i, j] = given[i, j] }
    }
    var leading = Int32(tall.rows)
    let smaller = Swift.min(matrix.rows, matrix.columns)
    var singular = [Double](repeating: 0, count: smaller)
    var integers = [Int32](repeating: 0, count: smaller * (3 * 32 + 11))
    var (cutoff, rank) = (tolerance(matrix), Int32(0))
    try withWorkspace("lstsq") { work, length, info in
      var length = length
      dgelsd_(
        &m, &n, &k, &matrix.elements, &m, &tall.elements, &leading, &singular, &cutoff, &rank, work, &length,
        &integers, &info)
    }
    let solution = try tall.tensor(rows: matrix.columns)
    return b.rank == 1 ? try solution.reshaped([matrix.columns]) : solution
  }

  /// The Moore–Penrose inverse {n, m} of A {m, n}. Singular values below max(m, n) · 2⁻²³ of the largest count as
  /// zero.
  public static func pinv(_ a: Tensor) throws -> Tensor {
    var u = try Matrix(a, for: "pinv")
    let cutoff = tolerance(u)
    var (s, vh) = try u.decompose(full: false)
    let threshold = cutoff * (s.first ?? 0)
    for i in 0..<vh.rows {
      let inverse = s[i] > threshold ? 1 / s[i] : 0
      for j in 0..<vh.columns { vh[i, j] *= inverse }
    }
    var result = Matrix(rows: vh.columns, columns: u.rows)
    let (n, m, k) = (Int32(vh.columns), Int32(u.rows), Int32(s.count))
    cblas_dgemm(
      CblasColMajor, CblasTrans, CblasTrans, n, m, k, 1, vh.elements, k, u.elements, m, 0, &result.elements, n
    )
    return try result.tensor()
  }

  /// The principal square root of A {n, n}, by its Schur form (Björck and Hammarling 1983). Throws where it is not
  /// real.
  public static func sqrtm(_ a: Tensor) throws -> Tensor {
    let matrix = try Matrix(a, for: "sqrtm")
    try matrix.checkSquare("sqrtm")
    let n = matrix.rows
    var size = Int32(n)
    var triangle = [Double](repeating: 0, count: 2 * n * n)
    for i in 0..<n * n { triangle[2 * i] = matrix.elements[i] }
    var basis = [Double](repeating: 0, count: 2 * n * n)
    var eigenvalues = [Double](repeating: 0, count: 2 * n)
    var reals = [Double](repeating: 0, count: n)
    var chosen: Int32 = 0
    try withWorkspace("sqrtm", elementSize: 2) { work, length, info in
      var length = length
      zgees_(
        "V", "N", nil, &size, &triangle, &size, &chosen, &eigenvalues, &basis, &size, work, &length, &reals,
        nil,
        &info, 1, 1)
    }
    var root = [Double](repeating: 0, count: 2 * n * n)
    guard ck_triangular_root(n, triangle, &root) else {
      throw TensorError("sqrtm: the matrix \(Shape.text(a.shape)) has no square root")
    }
    // basis · root · basisᴴ
    let (one, zero): ([Double], [Double]) = ([1, 0], [0, 0])
    cblas_zgemm(
      CblasColMajor, CblasNoTrans, CblasNoTrans, size, size, size, one, basis, size, root, size, zero,
      &triangle, size)
    cblas_zgemm(
      CblasColMajor, CblasNoTrans, CblasConjTrans, size, size, size, one, triangle, size, basis, size, zero,
      &root, size)
    var result = Matrix(rows: n, columns: n)
    var (largest, imaginary) = (0.0, 0.0)
    for i in 0..<n * n {
      result.elements[i] = root[2 * i]
      largest = Swift.max(largest, Swift.abs(root[2 * i]))
      imaginary = Swift.max(imaginary, Swift.abs(root[2 * i + 1]))
    }
    guard imaginary <= 1e-3 * Swift.max(largest, imaginary) else {
      throw TensorError("sqrtm: the square root of this matrix is not real, it has negative eigenvalues")
    }
    return try result.tensor()
  }

  private static func tolerance(_ matrix: Matrix) -> Double {
    Double(Swift.max(matrix.rows, matrix.columns)) * Double(Float.ulpOfOne)
  }

  /// Runs a LAPACK call twice: asking how much workspace it wants, then with it. `elementSize` is in doubles.
  fileprivate static func withWorkspace(
    _ name: String, elementSize: Int = 1,
    _ call: (_ work: UnsafeMutablePointer<Double>, _ length: Int32, _ info: inout Int32) -> Void
  ) throws {
    var wanted = [0.0, 0.0]
    var info: Int32 = 0
    call(&wanted, -1, &info)
    let length = Swift.max(Int(wanted[0]), 1)
    var work = [Double](repeating: 0, count: length * elementSize)
    if info == 0 { call(&work, Int32(clamping: length), &info) }
    guard info == 0 else { throw TensorError("\(name) did not converge") }
  }
}

/// Doubles in LAPACK's order, column after column.
private struct Matrix {
  let rows: Int, columns: Int
  var elements: [Double]

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    elements = [Double](repeating: 0, count: rows * columns)
  }

  init(_ tensor: Tensor, for name: String) throws {
    guard tensor.rank == 2 else {
      throw TensorError("\(name): 2-d tensor expected, got \(Shape.text(tensor.shape))")
    }
    try self.init(checked: tensor, for: name)
  }

  /// A vector {m} as one column, or a matrix {m, k}.
  init(rightHandSide tensor: Tensor, of matrix: Matrix, for name: String) throws {
    guard tensor.rank == 1 || tensor.rank == 2, tensor.shape[0] == matrix.rows else {
      throw TensorError(
        "\(name): a right-hand side {\(matrix.rows)} or {\(matrix.rows), k} expected, got \(Shape.text(tensor.shape))"
      )
    }
    try self.init(checked: tensor.rank == 1 ? tensor.unsqueezed(1) : tensor, for: name)
  }

  private init(checked tensor: Tensor, for name: String) throws {
    guard !tensor.isRecorded else {
      throw TensorError("\(name) has no gradient: detach the tensor, or compute inside no_grad")
    }
    let (m, n) = (tensor.shape[0], tensor.shape[1])
    guard m > 0 && n > 0 else {
      throw TensorError("\(name): the tensor \(Shape.text(tensor.shape)) is empty")
    }
    // LAPACK needs several matrices in double, and counts in 32 bits.
    let longest = Swift.max(m, n)
    guard longest <= 1 << 24, tensor.count <= ByteCount.limit / 64 else {
      throw TensorError("\(name): out of memory for a matrix \(Shape.text(tensor.shape))")
    }
    self.init(rows: m, columns: n)
    guard ck_widen(m, n, tensor.base, tensor.strides[0], tensor.strides[1], &elements) else {
      throw TensorError("\(name): the tensor \(Shape.text(tensor.shape)) holds an infinity or NaN")
    }
  }

  subscript(i: Int, j: Int) -> Double {
    get { elements[j * rows + i] }
    set { elements[j * rows + i] = newValue }
  }

  func checkSquare(_ name: String) throws {
    guard rows == columns else {
      throw TensorError("\(name): square matrix expected, got \(Shape.text([rows, columns]))")
    }
  }

  /// The first `rows` and `columns` (all by default) as floats.
  func tensor(rows: Int? = nil, columns: Int? = nil) throws -> Tensor {
    let result = try Tensor.uninitialized([rows ?? self.rows, columns ?? self.columns])
    ck_narrow(result.shape[0], result.shape[1], elements, self.rows, result.base)
    return result
  }

  /// Becomes U; returns S and Vh.
  mutating func decompose(full: Bool) throws -> (s: [Double], vh: Matrix) {
    let smaller = Swift.min(rows, columns)
    var u = Matrix(rows: rows, columns: full ? rows : smaller)
    var vh = Matrix(rows: full ? columns : smaller, columns: columns)
    var s = [Double](repeating: 0, count: smaller)
    var integers = [Int32](repeating: 0, count: 8 * smaller)
    var (m, n, uRows, vRows) = (Int32(rows), Int32(columns), Int32(u.rows), Int32(vh.rows))
    try LinearAlgebra.withWorkspace("svd") { work, length, info in
      var length = length
      dgesdd_(
        full ? "A" : "S", &m, &n, &elements, &m, &s, &u.elements, &uRows, &vh.elements, &vRows, work, &length,
        &integers, &info, 1)
    }
    self = u
    return (s, vh)
  }

  /// Becomes the eigenvectors of the symmetric matrix; returns the eigenvalues.
  mutating func diagonalize(_ name: String) throws -> [Double] {
    try checkSquare(name)
    var n = Int32(rows)
    var values = [Double](repeating: 0, count: rows)
    var integers = [Int32](repeating: 0, count: 3 + 5 * rows)
    var integerCount = Int32(integers.count)
    try LinearAlgebra.withWorkspace(name) { work, length, info in
      var length = length
      dsyevd_(
        "V", "L", &n, &elements, &n, &values, work, &length, &integers, &integerCount, &info, 1, 1)
    }
    return values
  }
}
