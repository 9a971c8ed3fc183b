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

  /// Test vectors that the generator's authors publish (Random123's kat_vectors).
  @Test func philoxGivesThePublishedBlocks() {
    let all = UInt32.max
    #expect(
      Philox4x32.block(counter: .zero, key: .zero)
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: all), key: SIMD2(repeating: all))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox4x32.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  /// `torch.randn(12, device="cuda")` after `torch.manual_seed(0)`, as published for several GPUs.
  @Test func followsTorchOnAGPU() throws {
    let published: [Float] = [
      -0.92466259, -0.42534415, -2.6438457, 0.14518388, -0.12086647, -0.57972564, -0.62285122, -0.32838709,
      -1.07454231, -0.36314407, -1.67105067, 2.26550497,
    ]
    var generator = TorchCUDAGenerator(seed: 0)
    #expect(zip(try generator.normal([3, 4]).toArray(), published).allSatisfy { abs($0 - $1) < 1e-6 })

    let (first, uniform) = try (generator.normal([4096]), generator.uniform([4096]))
    #expect(try abs(first.mean().item()) < 0.05)
    #expect(try abs(first.square().mean().item() - 1) < 0.1)
    #expect(try abs(uniform.mean().item() - 0.5) < 0.02)
    #expect(try generator.normal([4]).toArray() != first.narrowed(0, start: 0, length: 4).toArray())
  }
}
