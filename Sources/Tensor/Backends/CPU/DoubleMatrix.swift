import CKernels
import COpenBLAS

/// Doubles in LAPACK's order, column after column.
struct DoubleMatrix: Sendable {
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
  init(rightHandSide tensor: Tensor, of matrix: DoubleMatrix, for name: String) throws {
    guard tensor.rank == 1 || tensor.rank == 2, tensor.shape[0] == matrix.rows else {
      throw TensorError(
        "\(name): a right-hand side {\(matrix.rows)} or {\(matrix.rows), k} expected, got \(Shape.text(tensor.shape))"
      )
    }
    try self.init(checked: tensor.rank == 1 ? tensor.unsqueezed(1) : tensor, for: name)
  }

  private init(checked tensor: Tensor, for name: String) throws {
    guard !tensor.isRecorded else {
      throw TensorError("\(name) has no gradient: detach the tensor, or compute without recording")
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
    try Room.check(
      tensor.count, bytes: 6 * MemoryLayout<Double>.stride,
      for: "\(name) of a matrix \(Shape.text(tensor.shape)) in double precision")
    self.init(rows: m, columns: n)
    guard ck_widen(m, n, tensor.base, tensor.strides[0], tensor.strides[1], &elements) else {
      throw TensorError("\(name): the tensor \(Shape.text(tensor.shape)) holds an infinity or NaN")
    }
  }

  /// Works on a copy, on another thread if that takes long, so that an interrupt need not wait for LAPACK.
  func apart<Result: Sendable>(
    _ work: @escaping @Sendable (inout DoubleMatrix) throws -> Result
  ) throws -> Result {
    try OpenBLASRoom.check()
    let call: @Sendable () throws -> Result = {
      var copy = self
      return try work(&copy)
    }
    // To and from a thread costs some 30 µs, what LAPACK needs for a few hundred thousand multiplications.
    let isShort = elements.count * Swift.min(rows, columns) < 1 << 22
    return isShort ? try call() : try Interruption.abandonable(call)
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
  mutating func decompose(full: Bool) throws -> (s: [Double], vh: DoubleMatrix) {
    let (smaller, longest) = (Swift.min(rows, columns), Swift.max(rows, columns))
    guard !full || longest <= ByteCount.limit / 64 / longest else {
      throw TensorError("svd: out of memory for the full matrices of \(Shape.text([rows, columns]))")
    }
    var u = DoubleMatrix(rows: rows, columns: full ? rows : smaller)
    var vh = DoubleMatrix(rows: full ? columns : smaller, columns: columns)
    var s = [Double](repeating: 0, count: smaller)
    var integers = [Int32](repeating: 0, count: 8 * smaller)
    var (m, n, uRows, vRows) = (Int32(rows), Int32(columns), Int32(u.rows), Int32(vh.rows))
    try DoubleMatrix.withWorkspace("svd") { work, length, info in
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
    try DoubleMatrix.withWorkspace(name) { work, length, info in
      var length = length
      dsyevd_(
        "V", "L", &n, &elements, &n, &values, work, &length, &integers, &integerCount, &info, 1, 1)
    }
    return values
  }

  /// Becomes Q, in its first min(rows, columns) columns; returns R.
  mutating func orthonormalize() throws -> DoubleMatrix {
    var (m, n) = (Int32(rows), Int32(columns))
    var k = Swift.min(m, n)
    var reflectors = [Double](repeating: 0, count: Int(k))
    try DoubleMatrix.withWorkspace("qr") { work, length, info in
      var length = length
      dgeqrf_(&m, &n, &elements, &m, &reflectors, work, &length, &info)
    }
    var r = DoubleMatrix(rows: Int(k), columns: columns)
    for j in 0..<r.columns {
      for i in 0...Swift.min(j, r.rows - 1) { r[i, j] = self[i, j] }
    }
    try DoubleMatrix.withWorkspace("qr") { work, length, info in
      var (columns, length) = (k, length)
      dorgqr_(&m, &columns, &k, &elements, &m, reflectors, work, &length, &info)
    }
    return r
  }

  /// X with self · X = `right`; self becomes its factors.
  mutating func solve(_ right: DoubleMatrix) throws -> DoubleMatrix {
    var solution = right
    var (n, k, info) = (Int32(rows), Int32(right.columns), Int32(0))
    var pivots = [Int32](repeating: 0, count: rows)
    dgesv_(&n, &k, &elements, &n, &pivots, &solution.elements, &n, &info)
    guard info == 0 else {
      throw TensorError("solve: the matrix \(Shape.text([rows, columns])) is singular")
    }
    return solution
  }

  /// X of least norm among those that make |self · X - `given`| least, in the first `columns` rows of the result.
  mutating func leastSquares(_ given: DoubleMatrix) throws -> DoubleMatrix {
    var (m, n, k) = (Int32(rows), Int32(columns), Int32(given.columns))
    // The solution takes the place of the right-hand side, so there must be room for the longer of the two.
    var tall = DoubleMatrix(rows: Swift.max(given.rows, columns), columns: given.columns)
    for j in 0..<given.columns {
      for i in 0..<given.rows { tall[i, j] = given[i, j] }
    }
    var leading = Int32(tall.rows)
    let smaller = Swift.min(rows, columns)
    var singular = [Double](repeating: 0, count: smaller)
    var integers = [Int32](repeating: 0, count: smaller * (3 * 32 + 11))
    var (cutoff, rank) = (tolerance, Int32(0))
    try DoubleMatrix.withWorkspace("lstsq") { work, length, info in
      var length = length
      dgelsd_(
        &m, &n, &k, &elements, &m, &tall.elements, &leading, &singular, &cutoff, &rank, work, &length,
        &integers, &info)
    }
    return tall
  }

  /// The Moore–Penrose inverse; self becomes U.
  mutating func pseudoinverse() throws -> DoubleMatrix {
    let cutoff = tolerance
    var (s, vh) = try decompose(full: false)
    let threshold = cutoff * (s.first ?? 0)
    for i in 0..<vh.rows {
      let inverse = s[i] > threshold ? 1 / s[i] : 0
      for j in 0..<vh.columns { vh[i, j] *= inverse }
    }
    var result = DoubleMatrix(rows: vh.columns, columns: rows)
    let (n, m, k) = (Int32(vh.columns), Int32(rows), Int32(s.count))
    cblas_dgemm(
      CblasColMajor, CblasTrans, CblasTrans, n, m, k, 1, vh.elements, k, elements, m, 0, &result.elements, n)
    return result
  }

  /// The principal square root, by the Schur form (Björck and Hammarling 1983).
  func squareRoot() throws -> DoubleMatrix {
    let n = rows
    var size = Int32(n)
    var triangle = [Double](repeating: 0, count: 2 * n * n)
    for i in 0..<n * n { triangle[2 * i] = elements[i] }
    var basis = [Double](repeating: 0, count: 2 * n * n)
    var eigenvalues = [Double](repeating: 0, count: 2 * n)
    var reals = [Double](repeating: 0, count: n)
    var chosen: Int32 = 0
    try DoubleMatrix.withWorkspace("sqrtm", elementSize: 2) { work, length, info in
      var length = length
      zgees_(
        "V", "N", nil, &size, &triangle, &size, &chosen, &eigenvalues, &basis, &size, work, &length, &reals,
        nil,
        &info, 1, 1)
    }
    var root = [Double](repeating: 0, count: 2 * n * n)
    guard ck_triangular_root(n, triangle, &root) else {
      throw TensorError("sqrtm: the matrix \(Shape.text([n, n])) has no square root")
    }
    // basis · root · basisᴴ
    let (one, zero): ([Double], [Double]) = ([1, 0], [0, 0])
    cblas_zgemm(
      CblasColMajor, CblasNoTrans, CblasNoTrans, size, size, size, one, basis, size, root, size, zero,
      &triangle, size)
    cblas_zgemm(
      CblasColMajor, CblasNoTrans, CblasConjTrans, size, size, size, one, triangle, size, basis, size, zero,
      &root, size)
    var result = DoubleMatrix(rows: n, columns: n)
    var (largest, imaginary) = (0.0, 0.0)
    for i in 0..<n * n {
      result.elements[i] = root[2 * i]
      largest = Swift.max(largest, Swift.abs(root[2 * i]))
      imaginary = Swift.max(imaginary, Swift.abs(root[2 * i + 1]))
    }
    guard imaginary <= 1e-3 * Swift.max(largest, imaginary) else {
      throw TensorError("sqrtm: the square root of this matrix is not real, it has negative eigenvalues")
    }
    return result
  }

  private var tolerance: Double { Double(Swift.max(rows, columns)) * Double(Float.ulpOfOne) }

  /// Runs a LAPACK call twice: asking how much workspace it wants, then with it. `elementSize` is in doubles.
  private static func withWorkspace(
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
