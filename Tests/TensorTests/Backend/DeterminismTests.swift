import Tensor
import Testing

/// The law of ARCHITECTURE.md: the same bytes whatever the number of threads.
@Suite(.serialized) struct DeterminismTests {
  /// Small numbers in an order that depends only on the seed.
  struct Dice {
    var state: UInt64
    mutating func roll(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % n
    }
    mutating func size() -> Int {
      switch roll(3) {
      case 0: return 1 + roll(20)
      case 1: return 1 + roll(300)
      default: return 16 * (1 + roll(20))
      }
    }
  }

  func sameBytes(_ what: String, location: SourceLocation = #_sourceLocation, _ body: () throws -> Tensor)
    throws
  {
    defer { Compute.threads = 0 }
    for backend in BackendTests.backends {
      var first: [UInt32] = []
      for threads in [1, 2, 3] {
        Compute.threads = threads
        let bytes = try Compute.$backend.withValue(backend) { try body().toArray().map(\.bitPattern) }
        if threads == 1 {
          first = bytes
        } else {
          #expect(bytes == first, "\(backend.name), \(threads) threads: \(what)", sourceLocation: location)
        }
      }
    }
  }

  @Test(arguments: 1...12)
  func products(_ seed: Int) throws {
    var dice = Dice(state: UInt64(seed))
    let long = seed % 3 == 0
    let (m, n) = long ? (1 + dice.roll(90), 1 + dice.roll(90)) : (dice.size(), dice.size())
    let k = long ? 2000 + dice.roll(20000) : dice.size()
    let a = try Reference.noise([m, k])
    let b = try Reference.noise([k, n])
    let at = try Reference.noise([k, m]).transposed(0, 1)
    let bt = try Reference.noise([n, k]).transposed(0, 1)
    try sameBytes("\(m)×\(k)×\(n)") { try a.matmul(b) }
    try sameBytes("\(m)×\(k)×\(n), a transposed") { try at.matmul(b) }
    try sameBytes("\(m)×\(k)×\(n), b transposed") { try a.matmul(bt) }
    try sameBytes("\(m)×\(k)×\(n), both transposed") { try at.matmul(bt) }
    let w = Weight(try bt.transposed(0, 1))
    let bias = try Reference.noise([n])
    let residual = try Reference.noise([m, n])
    try sameBytes("linear \(m)×\(k)×\(n)") {
      try a.linear(w, bias: bias, activation: .gelu, residual: residual)
    }
  }

  @Test(arguments: 1...12)
  func convolutions(_ seed: Int) throws {
    var dice = Dice(state: UInt64(seed) + 100)
    let (h, w) = (3 + dice.roll(20), 3 + dice.roll(20))
    let side = 1 + dice.roll(3)
    let (into, outof) = (dice.size(), dice.size())
    let x = try Reference.noise([1 + dice.roll(2), h, w, into])
    let kernel = Weight(try Reference.noise([outof, into, side, side]))
    let bias = try Reference.noise([outof])
    let stride = 1 + dice.roll(2)
    let padding = Padding.same(dice.roll(2))
    try sameBytes("\(x.shape) to \(outof), kernel \(side), stride \(stride)") {
      try x.convolution(kernel, bias: bias, stride: stride, padding: padding, activation: .silu)
    }
    let shape = try x.convolution(kernel, stride: stride, padding: padding).shape
    let residual = try Reference.noise(shape)
    try sameBytes("\(x.shape) to \(outof), kernel \(side), stride \(stride), residual") {
      try x.convolution(kernel, bias: bias, stride: stride, padding: padding, residual: residual)
    }
  }

  @Test func ourKernels() throws {
    let image = try Reference.noise([2, 32, 32, 96])
    let weight = try Reference.noise([96])
    let large = try Reference.noise([1, 90, 90, 96])
    for x in [image, large] {
      try sameBytes("group norm") {
        try x.groupNorm(groups: 32, weight: weight, bias: weight, epsilon: 1e-5, activation: .silu)
      }
      try sameBytes("layer norm") { try x.layerNorm(weight: weight, bias: weight, epsilon: 1e-5) }
      try sameBytes("softmax") { try x.softmax() }
      try sameBytes("geglu") { try x.geglu() }
    }
    for (lq, lk, width) in [(256, 77, 8), (300, 300, 40), (100, 1500, 16)] {
      let q = try Reference.noise([2, lq, 4 * width])
      let k = try Reference.noise([2, lk, 4 * width])
      try sameBytes("attention") { try .attention(query: q, key: k, value: k, heads: 4, scale: 1) }
      try sameBytes("attention sums") {
        let sums = try Tensor.ones([2, 4, lq, lk])
        _ = try Tensor.attention(query: q, key: k, value: k, heads: 4, scale: 1, addingProbabilitiesTo: sums)
        return sums
      }
    }
  }

  /// Models cut batches where that is faster (`UNet2DConditionModel`).
  @Test(arguments: 1...40)
  func rowsDoNotDependOnTheirNeighbours(_ seed: Int) throws {
    var dice = Dice(state: UInt64(seed) + 200)
    let (n, h, w, c) = (2 + dice.roll(3), 1 + dice.roll(20), 1 + dice.roll(20), 4 * (1 + dice.roll(40)))
    let outputs = dice.size()
    let x = try Reference.noise([n, h, w, c])
    let (kernel, matrix) = try (
      Weight(Reference.noise([outputs, c, 3, 3])), Weight(Reference.noise([outputs, c]))
    )
    let (bias, affine) = try (Reference.noise([outputs]), Reference.noise([c]))

    func check(_ what: String, isProduct: Bool = false, _ operation: (Tensor) throws -> Tensor) throws {
      for backend in BackendTests.backends {
        let (together, alone) = try Compute.$backend.withValue(backend) {
          try (operation(x), Tensor.concatenated(x.split(1).map(operation), dim: 0))
        }
        let largest = try together.abs().max().item()
        let difference = try together.subtracting(alone).abs().max().item()
        let tolerance: Float = isProduct && !backend.rowsAreIndependent ? 1e-6 : 0
        #expect(
          difference <= tolerance * largest, "\(backend.name): \(what) of \(x.shape) to \(outputs)")
      }
    }
    try check("convolution") { try $0.convolution(kernel, bias: bias, activation: .silu) }
    try check("convolution, stride 2") { try $0.convolution(kernel, bias: bias, stride: 2) }
    try check("linear", isProduct: true) { try $0.linear(matrix, bias: bias, activation: .gelu) }
    try check("group norm") {
      try $0.groupNorm(groups: 4, weight: affine, bias: affine, epsilon: 1e-5, activation: .silu)
    }
    try check("layer norm") { try $0.layerNorm(weight: affine, bias: affine, epsilon: 1e-5) }
    try check("attention") {
      let rows = try $0.reshaped([$0.shape[0], h * w, c])
      return try .attention(query: rows, key: rows, value: rows, heads: 4, scale: 1)
    }
  }
}
