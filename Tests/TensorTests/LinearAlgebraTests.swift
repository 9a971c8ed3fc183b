import COpenBLAS
import Testing

@testable import Tensor

@Suite struct LinearAlgebraTests {
  /// Plain products, so that no backend takes part.
  func product(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try a.unsqueezed(2).multiplying(b.unsqueezed(0)).sum(dim: 1)
  }

  @Test func singularValues() throws {
    let a = try golden("linalg.a")
    for matrix in try [a, a.transposed(0, 1)] {
      for full in [false, true] {
        let (u, s, vh) = try LinearAlgebra.svd(matrix, full: full)
        #expect(try distance(s, golden("linalg.s")) < 1e-6)
        #expect(u.shape == [matrix.shape[0], full ? matrix.shape[0] : 4])
        #expect(vh.shape == [full ? matrix.shape[1] : 4, matrix.shape[1]])
        let scaled = try u.narrowed(1, start: 0, length: 4).multiplying(s)
        #expect(try distance(product(scaled, vh.narrowed(0, start: 0, length: 4)), matrix) < 1e-6)
        #expect(try distance(product(u.transposed(0, 1), u), .eye(u.shape[1])) < 1e-6)
        #expect(try distance(product(vh, vh.transposed(0, 1)), .eye(vh.shape[0])) < 1e-6)
      }
    }
  }

  @Test func orthogonalTriangular() throws {
    let a = try golden("linalg.a")
    for matrix in try [a, a.transposed(0, 1)] {
      let (q, r) = try LinearAlgebra.qr(matrix)
      #expect(try distance(product(q, r), matrix) < 1e-6)
      #expect(try distance(product(q.transposed(0, 1), q), .eye(4)) < 1e-6)
      #expect(try r.selected(0, 3).toArray().prefix(3) == [0, 0, 0])
    }
  }

  @Test func eigenvalues() throws {
    let square = try golden("linalg.square")
    let symmetric = try square.adding(square.transposed(0, 1))
    let (values, vectors) = try LinearAlgebra.eigh(symmetric)
    #expect(try distance(values, golden("linalg.eigh")) < 1e-6)
    #expect(try distance(product(symmetric, vectors), vectors.multiplying(values)) < 1e-5)
  }

  @Test func solves() throws {
    let (a, b) = try (golden("linalg.a"), golden("linalg.b"))
    let square = try golden("linalg.square")
    let right = try b.narrowed(0, start: 0, length: 5)
    #expect(try distance(LinearAlgebra.solve(square, right), golden("linalg.solve")) < 1e-6)
    #expect(try LinearAlgebra.solve(square, right.selected(1, 0)).shape == [5])
    #expect(try distance(LinearAlgebra.lstsq(a, b), golden("linalg.lstsq")) < 1e-6)
    let wide = try LinearAlgebra.lstsq(a.transposed(0, 1), b.narrowed(0, start: 0, length: 4))
    #expect(try distance(wide, golden("linalg.lstsq-wide")) < 1e-6)
    #expect(try distance(LinearAlgebra.pinv(a), golden("linalg.pinv")) < 1e-6)
    let root = try LinearAlgebra.sqrtm(square)
    #expect(try distance(root, golden("linalg.sqrtm")) < 1e-6)
    #expect(try distance(product(root, root), square) < 1e-5)
  }

  @Test func rankDeficient() throws {
    let a = try product(Tensor.arange(1, 6).unsqueezed(1), Tensor.arange(1, 4).unsqueezed(0))
    let inverse = try LinearAlgebra.pinv(a)
    #expect(try distance(product(product(a, inverse), a), a) < 1e-5)
    #expect(
      try distance(LinearAlgebra.lstsq(a, .ones([5])), product(inverse, .ones([5, 1])).selected(1, 0)) < 1e-6)
    #expect(message { _ = try LinearAlgebra.solve(.ones([3, 3]), .ones([3])) }.contains("singular"))
  }

  @Test func refuses() throws {
    let cube = try Tensor.zeros([1, 77, 768])
    #expect(message { _ = try LinearAlgebra.svd(cube) } == "svd: 2-d tensor expected, got {1, 77, 768}")
    #expect(message { _ = try LinearAlgebra.qr(.full([2, 2], .nan)) }.contains("infinity or NaN"))
    #expect(
      message { _ = try LinearAlgebra.eigh(.zeros([2, 3])) }.contains("square matrix expected, got {2, 3}"))
    #expect(message { _ = try LinearAlgebra.svd(.zeros([0, 3])) }.contains("empty"))
    #expect(message { _ = try LinearAlgebra.solve(.eye(3), .zeros([4])) }.contains("{3} or {3, k}"))
    #expect(message { _ = try LinearAlgebra.sqrtm(Tensor.eye(2).negated()) }.contains("not real"))
    #expect(
      message { _ = try LinearAlgebra.sqrtm(Tensor([0, 1, 0, 0], shape: [2, 2])) }.contains("no square root"))
  }

  @Test func runsKernelsForThisProcessor() {
    #expect(openblas_get_num_threads() == 1)
    #expect(String(cString: openblas_get_corename()).lowercased() != "prescott")
  }
}
