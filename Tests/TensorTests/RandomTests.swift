import Testing

@testable import Tensor

@Suite struct RandomTests {
  @Test func followsTorchOverSeveralCalls() throws {
    var generator = TorchCPUGenerator(seed: 469)
    for (i, size) in [5, 4096, 3, 37, 16, 15, 1, 100].enumerated() {
      let (found, expected) = try (generator.normal([size]), golden("random.normal.\(i).\(size)"))
      let difference = try found.subtracting(expected).abs().max().item()
      #expect(difference <= 2e-6, "call \(i) of \(size)")
    }
    #expect(try distance(generator.uniform([20]), golden("random.uniform")) == 0)
    #expect(try distance(generator.integers(-3..<50, [40]), golden("random.integers")) == 0)
    #expect(try generator.permutation(30).map(Float.init) == golden("random.permutation").toArray())
    var other = TorchCPUGenerator(seed: 1 << 63 + 12345)
    #expect(try distance(other.normal([64]), golden("random.big-seed")) <= 2e-6)
  }

  @Test func shapeDoesNotMatterAndCopiesGoOn() throws {
    var one = TorchCPUGenerator(seed: 7)
    var two = TorchCPUGenerator(seed: 7)
    #expect(try one.normal([4, 64]).toArray() == two.normal([256]).toArray())
    var three = one
    #expect(try one.normal([33]).toArray() == three.normal([33]).toArray())
    #expect(message { _ = try one.integers(0..<0, [1]) }.contains("not empty"))
  }
}
