import Testing

@testable import Tensor

@Suite struct ReductionTests {
  static let dims: [String] = ["all", "0", "1", "3", "0,2", "1,3"]

  @Test(arguments: dims) func equalsReference(_ name: String) throws {
    let x = try golden("reduce.x").permuted([2, 0, 3, 1])
    let dims = name == "all" ? nil : name.split(separator: ",").compactMap { Int($0) }
    #expect(try distance(x.sum(dims: dims), golden("reduce.sum.\(name)")) < 1e-6)
    #expect(try distance(x.max(dims: dims), golden("reduce.max.\(name)")) == 0)
    #expect(try distance(x.negated().min(dims: dims).negated(), golden("reduce.max.\(name)")) == 0)
    #expect(try distance(x.variance(dims: dims), golden("reduce.var.\(name)")) < 1e-6)
    #expect(try distance(x.norm(dims: dims), golden("reduce.norm.\(name)")) < 1e-6)
    #expect(try distance(x.contiguous().sum(dims: dims), golden("reduce.sum.\(name)")) < 1e-6)
  }

  @Test func keepsDimensions() throws {
    let x = try Tensor.ones([2, 3, 4])
    #expect(try x.sum(dim: 1, keepDim: true).shape == [2, 1, 4])
    #expect(try x.mean(dims: [0, -1]).shape == [3])
    #expect(try x.sum().shape == [])
    #expect(try x.mean(dims: [0, -1]).toArray() == [1, 1, 1])
    #expect(try x.multiplying(2).prod(dims: [0, 1, 2]).item() == 16_777_216)
  }

  @Test func staysAccurateOverManyElements() throws {
    #expect(try Tensor.full([10_000_000], 0.1).mean().item() == 0.1)
    #expect(try Tensor.full([1 << 20], 3).adding(1e6).variance().item() == 0)
  }

  @Test func ofNothing() throws {
    let empty = try Tensor.zeros([0, 3])
    #expect(try empty.sum(dim: 0).toArray() == [0, 0, 0])
    #expect(try empty.sum(dim: 1).shape == [0])
    #expect(try empty.mean().item().isNaN)
    #expect(message { _ = try empty.max() }.contains("no elements"))
    #expect(message { _ = try empty.argmax(dim: 0) }.contains("no elements"))
  }

  @Test func orders() throws {
    let x = try golden("reduce.x").permuted([2, 0, 3, 1])
    #expect(try distance(x.argmax(dim: 1), golden("reduce.argmax")) == 0)
    #expect(try distance(x.cumsum(dim: 1), golden("reduce.cumsum")) < 1e-6)
    let ties = try golden("sort.x")
    for (name, descending) in [("up", false), ("down", true)] {
      let (values, places) = try ties.sorted(dim: 0, descending: descending)
      #expect(try distance(values, golden("sort.\(name).values")) == 0)
      #expect(try distance(places, golden("sort.\(name).places")) == 0)
    }
    let mixed = try Tensor([3, .nan, -1, .infinity, -.infinity, 0], shape: [6])
    let (values, places) = try mixed.sorted()
    #expect(places.toArray() == [4, 2, 5, 0, 3, 1])
    #expect(values.toArray()[5].isNaN)
    #expect(try mixed.topK(2).indices.toArray() == [1, 3])
    #expect(try mixed.argmax().item() == 1)
    #expect(try Tensor([2, 5, 5], shape: [3]).argmax().item() == 1)
    #expect(message { _ = try mixed.topK(7) }.contains("out of range"))
  }

  @Test func gathersAndNormalizes() throws {
    let x = try golden("reduce.x").permuted([2, 0, 3, 1])
    let (values, places) = try x.topK(2, dim: 1)
    #expect(try distance(x.taken(along: 1, places), values) == 0)
    #expect(try distance(x.normalized(dim: 2).norm(dim: 2), .ones([7, 3, 5])) < 1e-6)
    #expect(try Tensor.zeros([2, 2]).normalized(dim: 1).toArray() == [0, 0, 0, 0])
    #expect(try Tensor.oneHot([2, 0], count: 3).toArray() == [0, 0, 1, 1, 0, 0])
    let table = try Tensor.zeros([2, 3])
    try table.copy(1, [2, 0], from: Tensor([1, 2, 3, 4], shape: [2, 2]))
    #expect(table.toArray() == [2, 0, 1, 4, 0, 3])
    for wrong: Float in [-1, 3, 0.5, .nan] {
      #expect(message { _ = try table.taken(along: 1, .full([2, 1], wrong)) }.contains("out of range"))
    }
    #expect(message { _ = try Tensor.oneHot([3], count: 3) }.contains("out of range"))
    #expect(message { try table.copy(1, [3], from: .zeros([2, 1])) }.contains("out of range"))
  }
}
