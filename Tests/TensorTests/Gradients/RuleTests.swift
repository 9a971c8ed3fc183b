import Testing

@testable import Tensor

/// Every rule against finite differences, on both backends.
@Suite(.serialized) struct RuleTests {
  private func noise(_ shape: [Int], _ seed: UInt64 = 1) throws -> Tensor {
    try Reference.noise(shape, seed: seed)
  }
  /// Away from 0.
  private func positive(_ shape: [Int], _ seed: UInt64 = 1) throws -> Tensor {
    try noise(shape, seed).abs().adding(0.5)
  }

  @Test func unary() throws {
    let x = try noise([3, 5])
    let away = try x.selected(where: x.abs().greater(than: 0.1), else: .full([3, 5], 0.4))
    let functions: [(String, Tensor, (Tensor) throws -> Tensor)] = [
      ("exp", x, { try $0.exp() }), ("log", try positive([3, 5]), { try $0.log() }),
      ("sqrt", try positive([3, 5]), { try $0.sqrt() }), ("abs", away, { try $0.abs() }),
      ("negated", x, { try $0.negated() }), ("sin", x, { try $0.sin() }), ("cos", x, { try $0.cos() }),
      ("erf", x, { try $0.erf() }), ("reciprocal", try positive([3, 5]), { try $0.reciprocal() }),
      ("square", x, { try $0.square() }), ("tanh", x, { try $0.tanh() }),
      ("sigmoid", x, { try $0.sigmoid() }),
      ("relu", away, { try $0.relu() }), ("silu", x, { try $0.silu() }), ("gelu", x, { try $0.gelu() }),
      ("geluTanh", x, { try $0.geluTanh() }), ("quickGelu", x, { try $0.quickGelu() }),
      ("clamped", away, { try $0.clamped(min: -0.25, max: 0.25) }), ("clone", x, { try $0.clone() }),
      ("power 3", x, { try $0.power(3) }), ("power 1.5", try positive([3, 5]), { try $0.power(1.5) }),
      ("power -1", try positive([3, 5]), { try $0.power(-1) }), ("power 0", x, { try $0.power(0) }),
      ("geglu", try noise([3, 6]), { try $0.geglu() }),
    ]
    for (name, x, f) in functions {
      // Values at the bounds of a clamp or near a kink are where no difference tells the slope.
      let x = name == "clamped" ? try x.adding(x.sign().multiplying(0.15)) : x
      try expectGradients(of: [x], name) { try f($0[0]) }
    }
    // The far ends of the activations, where slopes fade.
    let wide = try Tensor.linspace(-30, 30, count: 25)
    for activation in Activation.allCases where activation != .relu {
      try expectGradients(of: [wide], "\(activation)") { try $0[0].applying(activation) }
    }
  }

  @Test func binary() throws {
    let functions: [(String, (Tensor, Tensor) throws -> Tensor)] = [
      ("adding", { try $0.adding($1) }), ("subtracting", { try $0.subtracting($1) }),
      ("multiplying", { try $0.multiplying($1) }), ("dividing", { try $0.dividing($1) }),
      ("power", { try $0.power($1) }), ("maximum", { try $0.maximum($1) }),
      ("minimum", { try $0.minimum($1) }),
    ]
    for (name, f) in functions {
      for (a, b) in [([2, 3], [2, 3]), ([2, 1, 3], [4, 1]), ([], [2, 2]), ([3], [])] {
        try expectGradients(of: [positive(a), positive(b, 2)], "\(name) \(a) \(b)") { try f($0[0], $0[1]) }
      }
    }
    let x = try positive([4])
    let numbers: [(String, (Tensor) throws -> Tensor)] = [
      ("x + 2", { try $0.adding(2) }), ("x - 2", { try $0.subtracting(2) }),
      ("x · 2", { try $0.multiplying(2) }),
      ("x / 2", { try $0.dividing(2) }), ("2 - x", { try $0.subtracted(from: 2) }),
      ("2 / x", { try $0.divided(from: 2) }), ("2 ^ x", { try $0.exponent(of: 2) }),
      ("max(x, 0.9)", { try $0.maximum(0.9) }), ("min(x, 0.9)", { try $0.minimum(0.9) }),
    ]
    for (name, f) in numbers { try expectGradients(of: [x], name) { try f($0[0]) } }
    let condition = try Tensor([1, 0, 0, 1], shape: [4])
    try expectGradients(of: [x, noise([2, 4])], "where") {
      try $0[0].selected(where: condition, else: $0[1])
    }
    try expectGradients(of: [x], "the same tensor twice") {
      try $0[0].multiplying($0[0]).dividing($0[0].exp())
    }
  }

  @Test func reductions() throws {
    // Ties and neighbours closer than the step have no difference quotient: all are 0.08 apart.
    let x = try Tensor((0..<24).map { Float($0 * 7 % 24) * 0.08 - 0.92 }, shape: [3, 4, 2])
    let functions: [(String, (Tensor, [Int]?, Bool) throws -> Tensor)] = [
      ("sum", { try $0.sum(dims: $1, keepDim: $2) }), ("mean", { try $0.mean(dims: $1, keepDim: $2) }),
      ("prod", { try $0.prod(dims: $1, keepDim: $2) }), ("max", { try $0.max(dims: $1, keepDim: $2) }),
      ("min", { try $0.min(dims: $1, keepDim: $2) }), ("norm", { try $0.norm(dims: $1, keepDim: $2) }),
      ("variance", { try $0.variance(dims: $1, keepDim: $2) }),
      ("biased variance", { try $0.variance(dims: $1, correction: 0, keepDim: $2) }),
    ]
    for (name, f) in functions {
      for (dims, keeps) in [(nil, false), ([1], true), ([0, 2], false)] as [([Int]?, Bool)] {
        try expectGradients(of: [x], "\(name) \(dims ?? [])") { try f($0[0], dims, keeps) }
      }
    }
    try expectGradients(of: [x], step: 1 / 1024, "max of a dimension") { try $0[0].max(dim: 1) }
    try expectGradients(of: [x], step: 1 / 1024, "min of a dimension") {
      try $0[0].min(dim: -1, keepDim: true)
    }
    try expectGradients(of: [x], "normalized") { try $0[0].normalized(dim: 1) }
    try expectGradients(of: [x], "cumsum") { try $0[0].cumsum(dim: 1) }
    try expectGradients(of: [x], "softmax") { try $0[0].softmax(dim: 1) }
    try expectGradients(of: [noise([3, 40])], "softmax of long rows") { try $0[0].multiplying(4).softmax() }
    try expectGradients(of: [x], step: 1 / 1024, "sorted") { try $0[0].sorted(dim: 1).values }
    try expectGradients(of: [x], step: 1 / 1024, "topK") { try $0[0].topK(2, dim: 0).values }
    let zeros = try Tensor([2, 0, 3, 0, 5, 0], shape: [2, 3])
    let marked = zeros.requiringGradient()
    let gradient = try marked.prod(dim: 1).sum().gradients(of: [marked])[0]
    #expect(gradient.toArray() == [0, 6, 0, 0, 0, 0])
    let tied = try Tensor([1, 3, 3], shape: [3]).requiringGradient()
    #expect(try tied.max().gradients(of: [tied])[0].toArray() == [0, 0.5, 0.5])
    #expect(try tied.max(dim: 0).gradients(of: [tied])[0].toArray() == [0, 1, 0])
    let nothing = try Tensor.zeros([3]).requiringGradient()
    #expect(try nothing.norm().gradients(of: [nothing])[0].toArray() == [0, 0, 0])
  }

  @Test func viewsAndIndexing() throws {
    let x = try noise([3, 4, 2])
    let places = try Tensor([2, 0, 2, 1, 1, 0, 0, 0], shape: [1, 4, 2])
    let functions: [(String, (Tensor) throws -> Tensor)] = [
      ("reshaped", { try $0.reshaped([4, -1]) }), ("viewed", { try $0.viewed([12, 2]) }),
      ("reshaped after permuting", { try $0.permuted([2, 0, 1]).reshaped([6, 4]) }),
      ("permuted", { try $0.permuted([2, 0, 1]) }), ("transposed", { try $0.transposed(0, 2) }),
      ("narrowed", { try $0.narrowed(1, start: 1, length: 2) }), ("selected", { try $0.selected(1, -1) }),
      ("unsqueezed", { try $0.unsqueezed(1) }),
      ("squeezed", { try $0.narrowed(2, start: 1, length: 1).squeezed(2) }),
      ("expanded", { try $0.unsqueezed(0).expanded([2, 3, 4, 2]) }),
      ("contiguous", { try $0.transposed(0, 1).contiguous() }),
      ("indexed", { try $0.indexed([.range(1..<3), .at(2)]) }),
      ("overlapping parts", { try $0.selected(0, 1).multiplying($0.narrowed(0, start: 1, length: 2)) }),
      ("split", { x in try Tensor.concatenated(x.split(3, dim: 1).reversed(), dim: 1) }),
      ("stacked", { x in try Tensor.stacked([x, x.exp()], dim: 1) }),
      ("concatenated with itself", { x in try Tensor.concatenated([x, x], dim: 2) }),
      ("tiled", { try $0.tiled([1, 2, 3]) }), ("gathered", { try $0.gathered(1, [3, 0, 3]) }),
      ("taken", { try $0.taken(along: 0, places) }), ("embedding", { try $0.embedding(rows: [2, 2, 0]) }),
      ("empty part", { try Tensor.concatenated([$0.narrowed(1, start: 4, length: 0), $0], dim: 1) }),
    ]
    for (name, f) in functions { try expectGradients(of: [x], name) { try f($0[0]) } }
  }

  @Test func products() throws {
    for (a, b) in [
      ([3, 4], [4, 5]), ([2, 3, 4], [2, 4, 5]), ([2, 3, 4], [4, 5]), ([3, 4], [2, 4, 5]),
      ([2, 1, 3, 4], [1, 2, 4, 2]), ([1, 1], [1, 1]),
    ] {
      try expectGradients(of: [noise(a), noise(b, 2)], "\(a) \(b)") { try $0[0].matmul($0[1]) }
    }
    try expectGradients(of: [noise([4, 3]), noise([5, 4], 2)], "transposed") {
      try $0[0].transposed(0, 1).matmul($0[1].transposed(0, 1))
    }
  }

  @Test(arguments: Activation.allCases)
  func linear(activation: Activation) throws {
    // Far from the kink of relu, on both sides.
    let bias = activation == .relu ? try Tensor([3, -3, 3, -3, 3], shape: [5]) : try noise([5], 3)
    let inputs = try [noise([2, 3, 4]), noise([5, 4], 2), bias, noise([2, 3, 5], 4)]
    try expectGradients(of: inputs, step: 1 / 256, "linear") {
      try $0[0].linear(Weight($0[1]), bias: $0[2], activation: activation, residual: $0[3])
    }
  }

  @Test func normalizations() throws {
    try expectGradients(of: [noise([3, 19]), noise([19], 2), noise([19], 3)], "layer norm") {
      try $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-5)
    }
    for activation in Activation.allCases where activation != .relu {
      try expectGradients(
        of: [noise([2, 3, 4, 6]), noise([6], 2), noise([6], 3)], "group norm \(activation)"
      ) {
        try $0[0].groupNorm(groups: 3, weight: $0[1], bias: $0[2], epsilon: 1e-5, activation: activation)
      }
    }
    // Far from 0, and more pixels than one slice of the kernel.
    try expectGradients(
      of: [noise([1, 40, 8]).adding(30)], "group norm far from 0"
    ) {
      try $0[0].groupNorm(groups: 2, weight: .ones([8]), bias: .zeros([8]), epsilon: 1e-5, activation: .silu)
    }
  }

  @Test(arguments: [
    // kernel, stride, padding, groups, activation
    (3, 1, Padding.same(1), 1, Activation.identity), (3, 2, .same(1), 1, .identity),
    (3, 2, Padding(top: 0, left: 0, bottom: 1, right: 1), 1, .silu), (3, 1, .same(1), 2, .identity),
    (1, 1, .none, 1, .gelu), (1, 2, .none, 2, .identity), (2, 2, .none, 1, .identity),
    (3, 3, .same(0), 4, .identity),
  ])
  func convolution(kernel: Int, stride: Int, padding: Padding, groups: Int, activation: Activation) throws {
    let x = try noise([2, 6, 5, 4])
    let w = try noise([8, 4 / groups, kernel, kernel], 2)
    let shape = try x.convolution(Weight(w), stride: stride, padding: padding, groups: groups).shape
    let inputs = try [x, w, noise([8], 3), noise(shape, 4)]
    try expectGradients(of: inputs, "kernel \(kernel) stride \(stride) groups \(groups)") {
      try $0[0].convolution(
        Weight($0[1]), bias: $0[2], stride: stride, padding: padding, groups: groups, activation: activation,
        residual: $0[3])
    }
  }

  @Test func resampling() throws {
    try expectGradients(of: [noise([1, 2, 3, 2])], "nearest 2x") { try $0[0].upsampledNearest2x() }
    for mode in ResampleMode.allCases {
      for (height, width) in [(7, 3), (2, 9)] {
        try expectGradients(of: [noise([2, 4, 5])], "\(mode)") {
          try $0[0].resized(height: height, width: width, mode: mode)
        }
      }
    }
    try expectGradients(of: [noise([5, 9])], "antialias") {
      try $0[0].resized(height: 3, width: 4, mode: .bicubic, antialias: true)
    }
  }

  @Test func attention() throws {
    for (mask, queries, keys) in [(AttentionMask.none, 5, 7), (.causal, 6, 6), (.causal, 4, 6)] {
      let inputs = try [noise([2, queries, 6]), noise([2, keys, 6], 2), noise([2, keys, 6], 3)]
      try expectGradients(of: inputs, "fused \(mask)") {
        try Tensor.attention(query: $0[0], key: $0[1], value: $0[2], heads: 2, scale: 1.5, mask: mask)
      }
      try expectGradients(of: [inputs[0], inputs[1]], "probabilities \(mask)") {
        try Tensor.attentionProbabilities(query: $0[0], key: $0[1], heads: 2, scale: 1.5, mask: mask)
      }
      try expectGradients(of: inputs, "in two steps \(mask)") {
        try Tensor.attend(
          .attentionProbabilities(query: $0[0], key: $0[1], heads: 2, scale: 1.5, mask: mask), $0[2])
      }
    }
    // Queries, keys and values side by side, as the models have them.
    try expectGradients(of: [noise([2, 4, 12])], "parts of one tensor") { inputs in
      let parts = try (0..<3).map { try inputs[0].narrowed(-1, start: 4 * $0, length: 4) }
      return try Tensor.attention(query: parts[0], key: parts[1], value: parts[2], heads: 2, scale: 1)
    }
  }

  /// More queries than are taken at once: the same gradients as from whole probabilities.
  @Test func attentionInBlocks() throws {
    for backend in BackendTests.backends {
      try Compute.$backend.withValue(backend) {
        let parts = try (1...3).map { try noise([1, 1100, 16], UInt64($0)).requiringGradient() }
        let weights = try noise([1, 1100, 16], 9)
        let fused = try Tensor.attention(
          query: parts[0], key: parts[1], value: parts[2], heads: 2, scale: 2, mask: .causal)
        let whole = try Tensor.attend(
          .attentionProbabilities(query: parts[0], key: parts[1], heads: 2, scale: 2, mask: .causal), parts[2]
        )
        let a = try fused.multiplying(weights).sum().gradients(of: parts)
        let b = try whole.multiplying(weights).sum().gradients(of: parts)
        for (x, y) in zip(a, b) {
          let error = try x.subtracting(y).norm().item() / y.norm().item()
          #expect(error < 1e-5, "\(backend.name): \(error)")
        }
      }
    }
  }

  @Test(arguments: [[3, 3], [5, 3], [3, 5]])
  func singularValues(shape: [Int]) throws {
    // Singular vectors are known up to their signs: the products with themselves are smooth.
    try expectGradients(of: [noise(shape)], step: 1 / 512, "svd") { inputs in
      let (u, s, vh) = try LinearAlgebra.svd(inputs[0])
      let damped = try u.multiplying(s.negated().exp().multiplying(s)).matmul(vh)
      let left = try u.narrowed(1, start: 0, length: 1)
      let right = try vh.narrowed(0, start: 1, length: 1)
      return try .concatenated([
        damped.flattened(), s, left.matmul(left.transposed(0, 1)).flattened(),
        right.transposed(0, 1).matmul(right).flattened(),
      ])
    }
  }

  /// Where singular values meet or vanish the gradient stays finite.
  @Test func degenerateSingularValues() throws {
    for matrix in [try Tensor.eye(3), try Tensor.ones([3, 4]), try Tensor.zeros([2, 2])] {
      let x = matrix.requiringGradient()
      let (u, s, vh) = try LinearAlgebra.svd(x)
      let sum = try u.sum().adding(s.sum()).adding(vh.sum())
      #expect(try sum.gradients(of: [x])[0].toArray().allSatisfy { $0.isFinite })
    }
  }

  @Test func solversAndEigenvalues() throws {
    let a = try noise([4, 4]).adding(Tensor.eye(4).multiplying(3))
    try expectGradients(of: [a, noise([4, 2], 2)], "solve") { try LinearAlgebra.solve($0[0], $0[1]) }
    try expectGradients(of: [a, noise([4], 2)], "solve a vector") { try LinearAlgebra.solve($0[0], $0[1]) }
    try expectGradients(of: [noise([4, 4])], step: 1 / 512, "eigh") { inputs in
      let (values, vectors) = try LinearAlgebra.eigh(inputs[0].adding(inputs[0].transposed(0, 1)))
      let damped = try vectors.multiplying(values.exp()).matmul(vectors.transposed(0, 1))
      let first = try vectors.narrowed(1, start: 0, length: 1)
      return try .concatenated([
        damped.flattened(), values, first.matmul(first.transposed(0, 1)).flattened(),
      ])
    }
  }

  @Test func relaxedChoices() throws {
    let uniform = try noise([3, 5], 7).abs()
    try expectGradients(of: [noise([3, 5])], "gumbel softmax") {
      try $0[0].gumbelSoftmax(uniform: uniform, temperature: 0.7)
    }
    let x = try noise([3, 5]).requiringGradient()
    let hard = try x.gumbelSoftmax(uniform: uniform, temperature: 0.7, isHard: true)
    #expect(try hard.sum(dim: 1).toArray() == [1, 1, 1])
    let weights = try noise([3, 5], 4)
    let straight = try hard.multiplying(weights).sum().gradients(of: [x])[0]
    let soft = try x.gumbelSoftmax(uniform: uniform, temperature: 0.7).multiplying(weights).sum()
    #expect(try straight.toArray() == soft.gradients(of: [x])[0].toArray())
  }
}
