import Tensor
import Testing

@Suite(.serialized) struct AttentionTests {
  static let cases: [[Int]] = [
    // images, heads, queries, keys, head width
    [2, 4, 256, 77, 8], [2, 4, 256, 256, 16], [1, 2, 64, 64, 24], [1, 2, 33, 77, 32], [2, 1, 65, 130, 40],
    [1, 12, 77, 77, 64], [1, 1, 50, 600, 80], [1, 2, 9, 5, 160], [1, 1, 1, 1, 1], [1, 3, 5, 7, 11],
    [1, 1, 3, 1200, 512],
  ]

  func close(_ found: Tensor, _ reference: [Double], _ what: String) {
    let worst = zip(found.toArray(), reference).map { abs(Double($0) - $1) }.max() ?? 0
    #expect(found.count == reference.count && worst < 2e-6, "\(what): \(worst)")
  }

  @Test(arguments: cases, [AttentionMask.none, .causal])
  func followsTheDefinition(_ size: [Int], _ mask: AttentionMask) throws {
    let (n, heads, lq, lk, width) = (size[0], size[1], size[2], size[3], size[4])
    guard mask == .none || lk >= lq else { return }
    let q = try Reference.noise([n, lq, heads * width])
    let k = try Reference.noise([n, lk, heads * width], seed: 2)
    let v = try Reference.noise([n, lk, heads * width], seed: 3)
    let scale = 4 / Float(width).squareRoot()
    let reference = Reference.attention(q, k, v, heads: heads, scale: Double(scale), causal: mask == .causal)
    for backend in BackendTests.backends {
      try Compute.$backend.withValue(backend) {
        close(
          try .attention(query: q, key: k, value: v, heads: heads, scale: scale, mask: mask), reference.out,
          "\(backend.name) fused")
        let sums = try Tensor.ones([n, heads, lq, lk])
        let out = try Tensor.attention(
          query: q, key: k, value: v, heads: heads, scale: scale, mask: mask, addingProbabilitiesTo: sums)
        close(out, reference.out, "\(backend.name) with sums")
        close(sums, reference.probabilities.map { $0 + 1 }, "\(backend.name) sums")
        let p = try Tensor.attentionProbabilities(query: q, key: k, heads: heads, scale: scale, mask: mask)
        close(p, reference.probabilities, "\(backend.name) probabilities")
        close(try .attend(p, v), reference.out, "\(backend.name) in two halves")
      }
    }
  }

  @Test func readsNarrowedViews() throws {
    let (n, heads, l, width) = (4, 2, 20, 16)
    let all = try Reference.noise([n, l, 3 * heads * width])
    let parts = try (0..<3).map { try all.narrowed(2, start: $0 * heads * width, length: heads * width) }
    let sums = try Tensor.zeros([n, heads, l, l])
    let rows = try parts.map { try $0.narrowed(0, start: 1, length: 2) }
    let out = try Tensor.attention(
      query: rows[0], key: rows[1], value: rows[2], heads: heads, scale: 0.25,
      addingProbabilitiesTo: sums.narrowed(0, start: 2, length: 2))
    let copies = try rows.map { try $0.clone() }
    let reference = Reference.attention(
      copies[0], copies[1], copies[2], heads: heads, scale: 0.25, causal: false)
    close(out, reference.out, "narrowed")
    close(try sums.narrowed(0, start: 2, length: 2), reference.probabilities, "narrowed sums")
    #expect(try sums.narrowed(0, start: 0, length: 2).toArray().allSatisfy { $0 == 0 })
  }

  @Test func largeScoresStayFinite() throws {
    let q = try Tensor.full([1, 40, 8], 100)
    let k = try Tensor.full([1, 700, 8], 100)
    let v = try Tensor.ones([1, 700, 8])
    let out = try Tensor.attention(query: q, key: k, value: v, heads: 1, scale: 1)
    #expect(out.toArray().allSatisfy { abs($0 - 1) < 1e-5 })
  }

  @Test func emptyInputs() throws {
    let none = try Tensor.zeros([0, 4, 8])
    let keys = try Tensor.zeros([1, 0, 8])
    let q = try Tensor.ones([1, 4, 8])
    #expect(try Tensor.attention(query: none, key: none, value: none, heads: 2, scale: 1).shape == [0, 4, 8])
    #expect(
      try Tensor.attention(query: q, key: keys, value: keys, heads: 2, scale: 1).toArray()
        == [Float](repeating: 0, count: 32))
  }
}
