import Glibc
import Testing

@testable import Tensor

/// Every function of PyTorch's backend on its processor device against the plain one; only where LUNETTE_TORCH names a PyTorch.
@Suite(.serialized, .enabled(if: getenv("LUNETTE_TORCH") != nil)) struct TorchTests {
  @Test func everyFunctionAgreesWithThePlainBackend() throws {
    let torch = try TorchBackend(TorchDevice("torch:cpu"), TorchInstallation.found())
    let cpu = OpenBLASBackend()
    var seed: UInt64 = 1
    func noise(_ shape: [Int]) throws -> Tensor {
      try Tensor(
        (0..<shape.reduce(1, *)).map { _ in
          seed = seed &* 6_364_136_223_846_793_005 &+ 1;
          return Float(Int32(truncatingIfNeeded: seed >> 32)) / 2_147_483_648
        }, shape: shape)
    }
    func both(_ name: String, _ body: () throws -> [Tensor]) {
      do {
        let s = seed
        let a = try Compute.$backend.withValue(cpu) { try body().map { $0.toArray() } }
        seed = s
        let b = try Compute.$backend.withValue(torch) {
          let r = try body(); let out = r.map { $0.toArray() }; try torch.memoryOfDevice.check(); return out
        }
        var worst: Float = 0, top: Float = 1e-9
        for (x, y) in zip(a, b) {
          if x.count != y.count { Issue.record("\(name): \(x.count) and \(y.count) numbers"); return }
          for (u, v) in zip(x, y) {
            if u.isNaN != v.isNaN {
              worst = .infinity
            } else if !u.isNaN && u != v {
              worst = max(worst, abs(u - v))
            }; if u.isFinite { top = max(top, abs(u)) }
          }
        }
        #expect(worst / top <= 2e-6, "\(name)")
      } catch { Issue.record("\(name): \(error)") }
    }
    for op in UnaryOperation.allCases {
      both("unary \(op)") {
        let x = try noise([3, 5, 4]).multiplying(3); let r = try Tensor.zeros([5, 3, 4]);
        Compute.backend.apply(op, try x.transposed(0, 1), to: r); return [r]
      }
    }
    for op in BinaryOperation.allCases {
      both("binary \(op)") {
        let (x, y) = try (noise([3, 5]), noise([5]).expanded([3, 5])); let r = try Tensor.zeros([3, 5]);
        Compute.backend.apply(op, .tensor(x), .tensor(y), to: r); return [r]
      }
      both("binary value \(op)") {
        let x = try noise([3, 5]); let r = try Tensor.zeros([3, 5]);
        Compute.backend.apply(op, .tensor(x), .value(0.3), to: r);
        Compute.backend.apply(op, .value(0.4), .tensor(r), to: x); return [r, x]
      }
    }
    for op in ReductionOperation.allCases {
      for dims in [[1], [0, 2], [0, 1, 2], []] {
        both("reduce \(op) \(dims)") {
          let x = try noise([3, 5, 4]);
          let kept = (0..<3).filter { !dims.contains($0) }.map { [3, 5, 4][$0] };
          let r = try Tensor.zeros(kept); Compute.backend.reduce(op, x, over: dims, scale: 0.25, to: r);
          return [r]
        }
      }
    }
    both("fill copy select arange") {
      let x = try noise([4, 6]); let r = try Tensor.full([4, 6], 2.5);
      Compute.backend.select(where: try x.transposed(0, 1).contiguous().transposed(0, 1), x, else: r, to: r);
      let a = try Tensor.arange(0.5, 9, step: 0.25); return [r, a, try x.transposed(0, 1).contiguous()]
    }
    both("gather") {
      let x = try noise([4, 6, 3]); let r = try Tensor.zeros([4, 3, 3]);
      Compute.backend.gather(x, dim: 1, [5, 0, 5], to: r); return [r]
    }
    both("rows") {
      let x = try noise([4, 6]); let s = try Compute.backend.sort(x, descending: true);
      let e = try Compute.backend.extremeIndex(x, largest: false);
      let t = try Compute.backend.takeFromRows(x, s.indices.narrowed(1, start: 0, length: 2).contiguous());
      return [try Compute.backend.cumulativeSum(x), s.values, s.indices, e, t.result]
    }
    both("addToRows") {
      let s = try noise([2, 5]);
      Compute.backend.addToRows(try noise([2, 3]), try Tensor([0, 1, 1, 4, 4, 4], shape: [2, 3]), of: s);
      return [s]
    }
    both("product") {
      let (a, b) = try (noise([2, 3, 4]), noise([1, 5, 4]).transposed(1, 2).expanded([2, 4, 5]));
      return [try Compute.backend.product(a, b)]
    }
    for act in Activation.allCases {
      both("linear \(act)") {
        [
          try Compute.backend.linear(
            noise([3, 8]), Weight(noise([6, 8])),
            Epilogue(bias: noise([6]), activation: act, residual: noise([3, 6])))
        ]
      }
      both("convolution \(act)") {
        [
          try Compute.backend.convolution(
            noise([2, 7, 6, 4]), Weight(noise([6, 2, 3, 3])),
            ConvolutionWindow(
              height: 3, width: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1),
              groups: 2), Epilogue(bias: noise([6]), activation: act, residual: nil))
        ]
      }
      both("groupNorm \(act)") {
        [
          try Compute.backend.groupNorm(
            noise([2, 10, 8]), groups: 4, weight: noise([8]), bias: noise([8]), epsilon: 1e-5, activation: act
          )
        ]
      }
      both("groupNormGradient \(act)") {
        [
          try Compute.backend.groupNormGradient(
            noise([2, 10, 8]), input: noise([2, 10, 8]), groups: 4, weight: noise([8]), bias: noise([8]),
            epsilon: 1e-5, activation: act)
        ]
      }
      both("activationGradient \(act)") {
        [try Compute.backend.activationGradient(noise([3, 8]), input: noise([3, 8]), act)]
      }
    }
    let w = ConvolutionWindow(
      height: 3, width: 3, stride: 2, padding: Padding(top: 1, left: 0, bottom: 1, right: 1), groups: 1)
    both("convolution back") {
      [
        try Compute.backend.convolutionInputGradient(
          noise([2, 4, 3, 6]), Weight(noise([6, 4, 3, 3])), w, input: [2, 7, 6, 4]),
        try Compute.backend.convolutionWeightGradient(noise([2, 4, 3, 6]), input: noise([2, 7, 6, 4]), w),
      ]
    }
    both("linear back") { [try Compute.backend.linearInputGradient(noise([3, 6]), Weight(noise([6, 8])))] }
    both("layerNorm") {
      [
        try Compute.backend.layerNorm(noise([3, 8]), weight: noise([8]), bias: noise([8]), epsilon: 1e-5),
        try Compute.backend.layerNormGradient(
          noise([3, 8]), input: noise([3, 8]), weight: noise([8]), epsilon: 1e-5),
        try Compute.backend.softmax(noise([3, 8])),
        try Compute.backend.softmaxGradient(noise([3, 8]), result: noise([3, 8])),
      ]
    }
    both("geglu up") {
      [
        try Compute.backend.geglu(noise([3, 8])),
        try Compute.backend.gegluGradient(noise([3, 4]), input: noise([3, 8])),
        try Compute.backend.upsampledNearest2x(noise([2, 3, 4, 5])),
      ]
    }
    for mask in [AttentionMask.none, .causal] {
      for (lq, lk) in [(5, 5), (3, 7)] {
        for summed in [false, true] {
          both("attention \(mask) \(lq) \(lk) \(summed)") {
            let sums: Tensor? = summed ? try noise([2, 2, lq, lk]) : nil;
            let out = try Compute.backend.attention(
              query: noise([2, lq, 8]), key: noise([2, lk, 8]), value: noise([2, lk, 8]), heads: 2,
              scale: 0.5, mask: mask, sums: sums);
            let s2 = try Tensor.zeros([2, 2, lq, lk]);
            try Compute.backend.addProbabilities(
              query: noise([2, lq, 8]), key: noise([2, lk, 8]), heads: 2, scale: 0.5, mask: mask, sums: s2);
            let g = try Compute.backend.attentionGradient(
              noise([2, lq, 8]), query: noise([2, lq, 8]), key: noise([2, lk, 8]), value: noise([2, lk, 8]),
              heads: 2, scale: 0.5, mask: mask);
            return [out, s2, g.query, g.key, g.value] + (sums.map { [$0] } ?? [])
          }
        }
      }
    }
    both("resample") {
      [
        try Compute.backend.resample(
          noise([3, 8, 2]), dim: 1, ResampleTaps(from: 8, to: 13, .bicubic, antialias: false))
      ]
    }
  }
}
