import Glibc
import Tensor
import Testing

/// Several threads, each with whole operations of its own.
@Suite(.serialized) struct ConcurrencyTests {
  struct Failure: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 3])
  func resultsComeInOrder(threads: Int) throws {
    defer { Compute.threads = 0 }
    Compute.threads = threads
    #expect(try Compute.concurrently(17) { 2 * $0 } == (0..<17).map { 2 * $0 })
    #expect(try Compute.concurrently(0) { $0 }.isEmpty)
    #expect(throws: Failure(index: 3)) {
      try Compute.concurrently(9) { index in
        if index >= 3 { throw Failure(index: index) }
      }
    }
    #expect(Compute.threads == threads)
  }

  @Test func eachCallHasOneThread() throws {
    defer { Compute.threads = 0 }
    Compute.threads = 2
    #expect(try Compute.concurrently(4) { _ in Compute.threads } == [1, 1, 1, 1])
    #expect(try Compute.concurrently(1) { _ in Compute.threads } == [2], "alone, it may use them all")
  }

  @Test func theBackendGoesAlong() throws {
    defer { Compute.threads = 0 }
    Compute.threads = 2
    for backend in BackendTests.backends {
      let names = try Compute.$backend.withValue(backend) {
        try Compute.concurrently(6) { _ in Compute.backend.name }
      }
      #expect(names == Array(repeating: backend.name, count: 6))
    }
  }

  /// Many calls of one layer at the same time, over the weights that the first of them packs.
  @Test(arguments: [2, 3])
  func layersAreShared(threads: Int) throws {
    defer { Compute.threads = 0 }
    Compute.threads = threads
    let images = try (0..<24).map { try Reference.noise([1, 9, 8, 24], seed: UInt64($0 + 1)) }
    let kernel = try Reference.noise([32, 24, 3, 3])
    let projection = try Reference.noise([40, 32])
    let bias = try Reference.noise([32])
    for backend in BackendTests.backends {
      func outputs(_ run: (_ body: (Int) throws -> Tensor) throws -> [Tensor]) throws -> [[UInt32]] {
        let (first, second) = (Weight(kernel), Weight(projection))
        return try Compute.$backend.withValue(backend) {
          try run { index in
            let hidden = try images[index].convolution(first, bias: bias, activation: .silu)
            let normal = try hidden.groupNorm(groups: 8, weight: bias, bias: bias, epsilon: 1e-5)
            return try normal.linear(second)
          }.map { try $0.toArray().map(\.bitPattern) }
        }
      }
      let alone = try outputs { body in try images.indices.map(body) }
      let together = try outputs { body in try Compute.concurrently(images.count, body) }
      #expect(alone == together, "\(backend.name)")
    }
  }
}
