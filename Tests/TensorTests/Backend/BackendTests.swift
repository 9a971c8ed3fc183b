import Glibc
import Tensor
import Testing

/// Both backends against the definitions, over odd shapes.
@Suite(.serialized) struct BackendTests {
  static var backends: [any Backend] {
    // Scripts/dev/test-torch: all on that device.
    if Compute.deviceName != "cpu" { return [Compute.standard] }
    #if OneDNN
      return [OneDNNBackend(), OpenBLASBackend()]
    #else
      return [OpenBLASBackend()]
    #endif
  }

  /// Runs `body` on each backend and holds its result against `reference`.
  func expect(
    _ reference: [Double], within tolerance: Double = 2e-5, _ what: String = "",
    location: SourceLocation = #_sourceLocation, _ body: () throws -> Tensor
  ) throws {
    for backend in Self.backends {
      let found = try Compute.$backend.withValue(backend) { try body().toArray() }
      try #require(found.count == reference.count, "\(backend.name) \(what)", sourceLocation: location)
      let scale = max(1, reference.map(abs).max() ?? 0)
      let worst = zip(found, reference).map { abs(Double($0) - $1) }.max() ?? 0
      #expect(worst <= tolerance * scale, "\(backend.name) \(what)", sourceLocation: location)
    }
  }

  @Test(arguments: [
    [1, 1, 1], [3, 5, 7], [64, 64, 64], [8, 1280, 320], [77, 33, 130], [1, 17, 40], [40, 17, 1],
  ])
  func matrixProducts(_ size: [Int]) throws {
    let (m, k, n) = (size[0], size[1], size[2])
    let a = try Reference.noise([m, k])
    let b = try Reference.noise([k, n], seed: 2)
    let reference = Reference.product(a.toArray(), b.toArray(), m: m, k: k, n: n)
    try expect(reference, "plain") { try a.matmul(b) }
    let at = try a.transposed(0, 1).clone().transposed(0, 1)
    let bt = try b.transposed(0, 1).clone().transposed(0, 1)
    try expect(reference, "a transposed") { try at.matmul(b) }
    try expect(reference, "b transposed") { try a.matmul(bt) }
    try expect(reference, "both transposed") { try at.matmul(bt) }
    let wide = try Tensor.zeros([m + 2, k + 3]).narrowed(0, start: 1, length: m).narrowed(
      1, start: 2, length: k)
    try wide.copy(from: a)
    try expect(reference, "a narrowed") { try wide.matmul(b) }
    let sparse = try Tensor.zeros([k, n, 3]).selected(2, 1)
    try sparse.copy(from: b)
    try expect(reference, "b with gaps") { try a.matmul(sparse) }
  }

  @Test func batchedProducts() throws {
    let (m, k, n) = (5, 9, 6)
    let a = try Reference.noise([2, 3, m, k])
    let b = try Reference.noise([2, 3, k, n], seed: 2)
    func reference(_ a: Tensor, _ b: Tensor) throws -> [Double] {
      var all: [Double] = []
      for i in 0..<2 {
        for j in 0..<3 {
          all += Reference.product(
            try a.selected(0, i % a.shape[0]).selected(0, j % a.shape[1]).toArray(),
            try b.selected(0, i % b.shape[0]).selected(0, j % b.shape[1]).toArray(), m: m, k: k, n: n)
        }
      }
      return all
    }
    try expect(reference(a, b), "plain") { try a.matmul(b) }
    let permuted = try b.permuted([1, 0, 2, 3]).clone().permuted([1, 0, 2, 3])
    try expect(reference(a, b), "two strides") { try a.matmul(permuted) }
    let shared = try b.narrowed(0, start: 0, length: 1)
    try expect(reference(a, shared), "broadcast outer") { try a.matmul(shared) }
    let inner = try b.narrowed(1, start: 1, length: 1)
    try expect(reference(a, inner), "broadcast inner") { try a.matmul(inner) }
    let left = try a.narrowed(0, start: 1, length: 1)
    try expect(reference(left, b), "broadcast left") { try left.matmul(b) }
    let one = try b.selected(0, 0).selected(0, 0)
    try expect(reference(a, one.expanded([2, 3, k, n])), "one right matrix") { try a.matmul(one) }
    #expect(try a.matmul(one).shape == [2, 3, m, n])
    #expect(try a.matmul(b.narrowed(3, start: 0, length: 0)).shape == [2, 3, m, 0])
    #expect(try Tensor.zeros([0, m, k]).matmul(one).shape == [0, m, n])
    #expect(
      try a.narrowed(3, start: 0, length: 0).matmul(b.narrowed(2, start: 0, length: 0)).toArray()
        == [Float](repeating: 0, count: 6 * m * n))
  }

  @Test(arguments: Activation.allCases)
  func linearLayers(_ activation: Activation) throws {
    for (rows, inputs, outputs) in [(1, 8, 8), (7, 33, 65), (154, 320, 96), (512, 64, 256)] {
      let x = try Reference.noise([1, rows, inputs])
      let w = try Reference.noise([outputs, inputs], seed: 2)
      let bias = try Reference.noise([outputs], seed: 3)
      let residual = try Reference.noise([1, rows, outputs], seed: 4)
      let sums = Reference.product(
        x.toArray(), try w.transposed(0, 1).toArray(), m: rows, k: inputs, n: outputs)
      let b = bias.toArray()
      let r = residual.toArray()
      let plain = sums.map { Reference.activate(activation, $0) }
      let full = sums.indices.map {
        Reference.activate(activation, sums[$0] + Double(b[$0 % outputs])) + Double(r[$0])
      }
      let weight = Weight(w)
      try expect(plain, "\(rows) plain") { try x.linear(weight, activation: activation) }
      try expect(full, "\(rows) full") {
        try x.linear(weight, bias: bias, activation: activation, residual: residual)
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var image: [Int], kernel: [Int]
    var stride = 1, padding = Padding.same(1), groups = 1
    var testDescription: String { "\(image) with \(kernel), stride \(stride), \(groups) groups" }
  }

  @Test(arguments: [
    Case(image: [1, 5, 7, 3], kernel: [4, 3, 3, 3]),
    Case(image: [2, 8, 8, 4], kernel: [64, 4, 3, 3]),
    Case(image: [2, 8, 8, 64], kernel: [4, 64, 3, 3]),
    Case(image: [2, 9, 9, 32], kernel: [48, 32, 3, 3], stride: 2),
    Case(
      image: [1, 8, 8, 16], kernel: [16, 16, 3, 3], stride: 2,
      padding: Padding(top: 0, left: 0, bottom: 1, right: 1)),
    Case(image: [2, 6, 5, 20], kernel: [33, 20, 1, 1], padding: .none),
    Case(image: [1, 8, 8, 16], kernel: [24, 16, 4, 4], stride: 4, padding: .none),
    Case(image: [1, 7, 7, 12], kernel: [18, 4, 3, 3], groups: 3),
    Case(image: [1, 7, 7, 8], kernel: [8, 1, 3, 3], groups: 8),
    Case(image: [1, 1, 1, 16], kernel: [16, 16, 3, 3]),
    Case(image: [1, 6, 6, 5], kernel: [2, 5, 2, 3], padding: Padding(top: 1, left: 0, bottom: 2, right: 3)),
  ])
  func convolutions(_ test: Case) throws {
    let x = try Reference.noise(test.image)
    let w = try Reference.noise(test.kernel, seed: 2)
    let bias = try Reference.noise([test.kernel[0]], seed: 3)
    let weight = Weight(w)
    func run(_ bias: Tensor?, _ activation: Activation, _ residual: Tensor?) throws {
      let reference = Reference.convolution(
        x, w, bias: bias, stride: test.stride, padding: test.padding, groups: test.groups,
        activation: activation,
        residual: residual)
      try expect(reference, "\(activation)") {
        try x.convolution(
          weight, bias: bias, stride: test.stride, padding: test.padding, groups: test.groups,
          activation: activation, residual: residual)
      }
    }
    try run(nil, .identity, nil)
    try run(bias, .silu, nil)
    let shape = try x.convolution(weight, stride: test.stride, padding: test.padding, groups: test.groups)
      .shape
    try run(bias, .identity, Reference.noise(shape, seed: 4))
    try run(bias, .gelu, Reference.noise(shape, seed: 4))
  }

  @Test(arguments: [
    [1, 4, 4, 8, 4], [2, 3, 5, 32, 32], [2, 16, 16, 64, 32], [1, 64, 64, 30, 5], [3, 1, 1, 6, 1],
  ])
  func groupNorms(_ size: [Int]) throws {
    let shape = Array(size[..<4])
    let groups = size[4]
    let c = shape[3]
    let pixels = shape[1] * shape[2]
    for far in [Float(0), 300] {
      let x = try Tensor(Reference.noise(shape).toArray().map { $0 + far }, shape: shape)
      let weight = try Reference.noise([c], seed: 2)
      let bias = try Reference.noise([c], seed: 3)
      let (v, w, b, width) = (x.toArray().map(Double.init), weight.toArray(), bias.toArray(), c / groups)
      var plain = [Double](repeating: 0, count: v.count)
      for n in 0..<shape[0] {
        for g in 0..<groups {
          let places = (0..<pixels).flatMap { p in (0..<width).map { (n * pixels + p) * c + g * width + $0 } }
          let mean = places.map { v[$0] }.reduce(0, +) / Double(places.count)
          let variance = places.map { (v[$0] - mean) * (v[$0] - mean) }.reduce(0, +) / Double(places.count)
          for i in places {
            plain[i] = (v[i] - mean) / (variance + 1e-5).squareRoot() * Double(w[i % c]) + Double(b[i % c])
          }
        }
      }
      let tolerance = far == 0 ? 2e-6 : 2e-4
      try expect(plain, within: tolerance, "mean \(far)") {
        try x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: 1e-5)
      }
      try expect(plain.map { Reference.activate(.silu, $0) }, within: tolerance, "silu, mean \(far)") {
        try x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: 1e-5, activation: .silu)
      }
    }
  }

  @Test(arguments: [1, 7, 16, 33, 768])
  func rows(_ width: Int) throws {
    let x = try Reference.noise([3, 5, width])
    let weight = try Reference.noise([width], seed: 2)
    let bias = try Reference.noise([width], seed: 3)
    let (v, w, b) = (x.toArray().map(Double.init), weight.toArray(), bias.toArray())
    var normal: [Double] = []
    var soft: [Double] = []
    for r in 0..<15 {
      let row = Array(v[r * width..<(r + 1) * width])
      let mean = row.reduce(0, +) / Double(width)
      let variance = row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
      normal += row.indices.map {
        (row[$0] - mean) / (variance + 1e-5).squareRoot() * Double(w[$0]) + Double(b[$0])
      }
      let top = row.max()!
      let sum = row.map { exp($0 - top) }.reduce(0, +)
      soft += row.map { exp($0 - top) / sum }
    }
    try expect(normal, within: 2e-6) { try x.layerNorm(weight: weight, bias: bias, epsilon: 1e-5) }
    try expect(soft, within: 1e-6) { try x.softmax() }
    let across = try x.permuted([2, 0, 1]).clone()
    try expect(soft, within: 1e-6) { try across.softmax(dim: 0).permuted([1, 2, 0]) }
  }

  @Test func gatesAndUpsampling() throws {
    let x = try Reference.noise([2, 3, 50])
    let v = x.toArray().map(Double.init)
    let gated = (0..<6).flatMap { r in
      (0..<25).map { v[r * 50 + $0] * Reference.activate(.gelu, v[r * 50 + 25 + $0]) }
    }
    try expect(gated) { try x.geglu() }
    let image = try Reference.noise([2, 3, 4, 5])
    var doubled: [Double] = []
    for n in 0..<2 {
      for y in 0..<6 {
        for z in 0..<8 {
          for c in 0..<5 { doubled.append(Double(image.toArray()[((n * 3 + y / 2) * 4 + z / 2) * 5 + c])) }
        }
      }
    }
    try expect(doubled, within: 0) { try image.upsampledNearest2x() }
  }
}
