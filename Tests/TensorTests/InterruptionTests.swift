import Testing

@testable import Tensor

/// Long operations ask whether anybody still waits for them.
@Suite struct InterruptionTests {
  private struct Stop: Error {}

  private func noise(_ shape: [Int], seed: UInt64) throws -> Tensor {
    var generator = TorchCPUGenerator(seed: seed)
    return try generator.normal(shape)
  }

  @Test func decompositionsAreAbandoned() throws {
    // Half a second of LAPACK at least, and the question comes after 50 ms.
    let x = try noise([1200, 1200], seed: 1)
    try Interruption.$current.withValue(Interruption { throw Stop() }) {
      #expect(throws: Stop.self) { _ = try LinearAlgebra.svd(x) }
      #expect(throws: Stop.self) { _ = try LinearAlgebra.eigh(x) }
      // What takes a moment is not asked about.
      let (_, s, _) = try LinearAlgebra.svd(x.narrowed(1, start: 0, length: 3))
      #expect(s.count == 3)
    }
  }

  @Test func apartIsTheSameAsHere() throws {
    let x = try noise([300, 200], seed: 2)
    let (u, s, vh) = try LinearAlgebra.svd(x)
    let again = try u.multiplying(s).matmul(vh)
    #expect(try again.subtracting(x).abs().max().item() < 1e-4)
    #expect(throws: TensorError.self) { _ = try LinearAlgebra.solve(.ones([300, 300]), .ones([300])) }
  }

  @Test func longProductsAskBetweenTheirParts() throws {
    let a = try noise([2048, 3072], seed: 3)
    let b = try noise([3072, 4096], seed: 4)
    #expect(throws: Stop.self) {
      try Interruption.$current.withValue(Interruption { throw Stop() }) { _ = try a.matmul(b) }
    }
    let whole = try a.matmul(b)
    for row in [0, 1023, 1024, 2047] {
      let alone = try a.narrowed(0, start: row, length: 1).matmul(b)
      let here = try whole.narrowed(0, start: row, length: 1)
      #expect(try here.subtracting(alone).abs().max().item() < 1e-3)
    }
  }

  @Test func longBatchesAskBetweenTheirMatrices() throws {
    let a = try Tensor.ones([9, 1024, 2048])
    let b = try Tensor.ones([9, 2048, 1024])
    #expect(throws: Stop.self) {
      try Interruption.$current.withValue(Interruption { throw Stop() }) { _ = try a.matmul(b) }
    }
    let product = try a.matmul(b)
    #expect(product.shape == [9, 1024, 1024])
    #expect(try product.min().item() == 2048 && product.max().item() == 2048)
  }
}
