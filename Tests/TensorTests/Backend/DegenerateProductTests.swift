import Testing

@testable import Tensor

/// Every product whose sizes are 0 or 1, in every layout, on both backends, against sums written out in double. New
/// memory is filled with NaN, so that whatever reads what nobody has written is found.
@Suite(.serialized) struct DegenerateProductTests {
  init() { HostMemory.isPoisoned = true }

  private static let sizes = [0, 1, 2, 5]

  /// A matrix {rows, columns} of the same numbers in every way that memory can hold them. Repeated ones hold others, and
  /// are there to be compared with themselves.
  private static let layouts: [(name: String, make: @Sendable (Tensor) throws -> Tensor)] = [
    ("rows", { $0 }),
    ("columns", { try $0.transposed(0, 1).clone().transposed(0, 1) }),
    ("narrowed rows", { try inside($0, [$0.shape[0] + 2, $0.shape[1] + 3], [1, 2]) }),
    (
      "narrowed columns",
      { x in
        let turned = try x.transposed(0, 1)
        return try inside(turned, [turned.shape[0] + 2, turned.shape[1] + 3], [1, 2]).transposed(0, 1)
      }
    ),
    ("with gaps", { try inside($0.unsqueezed(2), $0.shape + [3], [0, 0, 1]).squeezed(2) }),
    (
      "one row repeated", { x in x.count == 0 ? x : try x.narrowed(0, start: 0, length: 1).expanded(x.shape) }
    ),
    (
      "one column repeated",
      { x in x.count == 0 ? x : try x.narrowed(1, start: 0, length: 1).expanded(x.shape) }
    ),
    ("one number repeated", { try Tensor.scalar(0.75).expanded($0.shape) }),
  ]

  /// The tensor's numbers in a part of a larger one, whose other numbers are NaN.
  private static func inside(_ x: Tensor, _ shape: [Int], _ starts: [Int]) throws -> Tensor {
    var part = try Tensor.full(shape, .nan)
    for (d, start) in starts.enumerated() { part = try part.narrowed(d, start: start, length: x.shape[d]) }
    try part.copy(from: x)
    return part
  }

  private func noise(_ shape: [Int], _ seed: UInt64) throws -> Tensor {
    try Reference.noise(shape, seed: seed)
  }

  private func product(_ a: Tensor, _ b: Tensor) -> [Double] {
    Reference.product(a.toArray(), b.toArray(), m: a.shape[0], k: a.shape[1], n: b.shape[1])
  }

  private func expect(_ found: Tensor, _ expected: [Double], _ what: @autoclosure () -> String) {
    let numbers = found.toArray()
    let worst = zip(numbers, expected).map { abs(Double($0) - $1) }.max() ?? 0
    // NaN fails too.
    #expect(numbers.count == expected.count && worst < 1e-5, "\(Compute.backend.name): \(what()): \(worst)")
  }

  private func onBothBackends(_ body: () throws -> Void) throws {
    for backend in BackendTests.backends { try Compute.$backend.withValue(backend) { try body() } }
  }

  private func forEachSize(_ body: (_ m: Int, _ k: Int, _ n: Int) throws -> Void) rethrows {
    for m in Self.sizes {
      for k in Self.sizes {
        for n in Self.sizes where min(m, k, n) < 2 { try body(m, k, n) }
      }
    }
  }

  @Test func matrices() throws {
    try onBothBackends {
      try forEachSize { m, k, n in
        for (left, makeA) in Self.layouts {
          for (right, makeB) in Self.layouts {
            let (a, b) = try (makeA(noise([m, k], 1)), makeB(noise([k, n], 2)))
            let found = try a.matmul(b)
            #expect(found.shape == [m, n])
            expect(found, product(a, b), "{\(m), \(k)} \(left) · {\(k), \(n)} \(right)")
          }
        }
      }
    }
  }

  @Test func gradientsOfMatrices() throws {
    try onBothBackends {
      try forEachSize { m, k, n in
        for (name, make) in Self.layouts {
          let (a, b) = try (
            make(noise([m, k], 1)).requiringGradient(), make(noise([k, n], 2)).requiringGradient()
          )
          let g = try make(noise([m, n], 3))
          let found = try a.matmul(b).multiplying(g).sum().gradients(of: [a, b])
          try expect(found[0], product(g, b.detached.transposed(0, 1)), "left of {\(m), \(k), \(n)} \(name)")
          try expect(found[1], product(a.detached.transposed(0, 1), g), "right of {\(m), \(k), \(n)} \(name)")
        }
      }
    }
  }

  @Test func batches() throws {
    let batches: [([Int], [Int])] = [
      ([1], [1]), ([3], [3]), ([3], [1]), ([1], [3]), ([3], []), ([], [3]), ([2, 1], [1, 3]), ([0], [1]),
      ([2, 3], [3]),
    ]
    try onBothBackends {
      try forEachSize { m, k, n in
        for (left, right) in batches {
          let (a, b) = try (noise(left + [m, k], 1), noise(right + [k, n], 2))
          let turned = try b.transposed(-1, -2).clone().transposed(-1, -2)
          let batch = try Shape.broadcast(left, right)
          let (wideA, wideB) = try (
            a.expanded(batch + [m, k]).reshaped([-1, m, k].replacingOpen(batch.reduce(1, *))),
            b.expanded(batch + [k, n]).reshaped([-1, k, n].replacingOpen(batch.reduce(1, *)))
          )
          let expected = try (0..<batch.reduce(1, *)).flatMap {
            try product(wideA.selected(0, $0), wideB.selected(0, $0))
          }
          for (name, b) in [("rows", b), ("columns", turned)] {
            let found = try a.matmul(b)
            #expect(found.shape == batch + [m, n])
            expect(found, expected, "\(a.shape) · \(b.shape) \(name)")
          }
        }
      }
    }
  }

  @Test func vectors() throws {
    try onBothBackends {
      for k in [0, 1, 2, 5] {
        for m in [0, 1, 3] {
          let (v, matrix) = try (noise([k], 1), noise([m, k], 2))
          let turned = try matrix.transposed(0, 1)
          let expected = try product(matrix, v.unsqueezed(1))
          try expect(matrix.matmul(v), expected, "{\(m), \(k)} · vector")
          try expect(v.matmul(turned), expected, "vector · {\(k), \(m)}")
          #expect(try matrix.matmul(v).shape == [m] && v.matmul(turned).shape == [m])
          let batch = try matrix.expanded([2, m, k])
          #expect(try batch.matmul(v).shape == [2, m])
          try expect(batch.matmul(v), expected + expected, "batch · vector")
          try expect(v.matmul(batch.transposed(1, 2)), expected + expected, "vector · batch")
        }
        let v = try noise([k], 1)
        #expect(try v.matmul(v).shape == [])
        try expect(v.matmul(v), product(v.unsqueezed(0), v.unsqueezed(1)), "vector · vector")
      }
    }
    let (v, w, x) = try (noise([3], 1), noise([3], 2), noise([2, 3], 3))
    try expectGradients(of: [v, w], "two vectors") { try $0[0].matmul($0[1]) }
    try expectGradients(of: [x, v], "matrix and vector") { try $0[0].matmul($0[1]) }
    try expectGradients(of: [v, x.transposed(0, 1).clone()], "vector and matrix") { try $0[0].matmul($0[1]) }
    #expect(message { _ = try v.matmul(.scalar(1)) }.contains("matmul: vectors or matrices expected"))
    #expect(message { _ = try x.matmul(.ones([2])) }.contains("{2, 3} and {2} do not go together: 3 columns"))
  }

  @Test func linearLayers() throws {
    try onBothBackends {
      try forEachSize { rows, inputs, outputs in
        for (name, make) in Self.layouts {
          let (x, w) = try (make(noise([rows, inputs], 1)), make(noise([outputs, inputs], 2)))
          let bias = try noise([outputs], 3)
          let plain = try product(x, w.transposed(0, 1))
          let marks = [x.requiringGradient(), w.requiringGradient(), bias.requiringGradient()]
          try expect(x.linear(Weight(w)), plain, "linear {\(rows), \(inputs), \(outputs)} \(name)")
          let found = try marks[0].linear(Weight(marks[1]), bias: marks[2])
          let shifts = bias.toArray()
          expect(
            found, plain.indices.map { plain[$0] + Double(shifts[$0 % outputs]) }, "linear with bias \(name)")
          let g = try noise([rows, outputs], 4)
          let gradients = try found.multiplying(g).sum().gradients(of: marks)
          expect(gradients[0], product(g, w), "linear's input {\(rows), \(inputs), \(outputs)} \(name)")
          try expect(
            gradients[1], product(g.transposed(0, 1), x),
            "linear's weight {\(rows), \(inputs), \(outputs)} \(name)")
        }
      }
    }
  }

  struct Window: Sendable, CustomTestStringConvertible {
    var kernel: [Int], stride: Int, padding: Int, groups: Int, into: Int, outof: Int
    var testDescription: String {
      "\(kernel) stride \(stride) padding \(padding), \(groups) groups of \(into) → \(outof)"
    }
  }

  static let windows: [Window] = {
    var all: [Window] = []
    for kernel in [[1, 1], [1, 3], [3, 1], [2, 2]] {
      for (stride, padding) in [(1, 0), (1, 1), (2, 1), (3, 0)] {
        for groups in [1, 2, 3] {
          for (into, outof) in [(1, 1), (1, 2), (1, 5), (2, 1), (3, 2)] {
            all.append(
              Window(
                kernel: kernel, stride: stride, padding: padding, groups: groups, into: into, outof: outof))
          }
        }
      }
    }
    return all
  }()

  @Test func convolutions() throws {
    #expect(Self.windows.count == 240)
    for window in Self.windows {
      for image in [[1, 3, 3], [2, 1, 4], [1, 4, 1]] {
        try check(window, image)
      }
    }
  }

  private func check(_ window: Window, _ image: [Int]) throws {
    let x = try noise(image + [window.groups * window.into], 1)
    let w = try noise([window.groups * window.outof, window.into] + window.kernel, 2)
    let bias = try noise([w.shape[0]], 3)
    let size = ConvolutionWindow(
      height: window.kernel[0], width: window.kernel[1], stride: window.stride,
      padding: .same(window.padding),
      groups: window.groups
    ).output(height: image[1], width: image[2])
    guard size.height > 0, size.width > 0 else { return }
    let expected = Reference.convolution(
      x, w, bias: bias, stride: window.stride, padding: .same(window.padding), groups: window.groups,
      activation: .identity, residual: nil)
    let g = try noise([image[0], size.height, size.width, w.shape[0]], 4)
    // A convolution is linear in either operand: ⟨g, conv(x, w)⟩ has the gradient whose product with any other x (or w) is
    // ⟨g, conv(that, w)⟩.
    func inner(_ x: Tensor, _ w: Tensor) -> Double {
      let out = Reference.convolution(
        x, w, bias: nil, stride: window.stride, padding: .same(window.padding), groups: window.groups,
        activation: .identity, residual: nil)
      return zip(out, g.toArray()).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    try onBothBackends {
      let marks = [x.requiringGradient(), w.requiringGradient()]
      let found = try marks[0].convolution(
        Weight(marks[1]), bias: bias, stride: window.stride, padding: .same(window.padding),
        groups: window.groups)
      expect(found, expected, "\(window.testDescription) of \(image)")
      let gradients = try found.multiplying(g).sum().gradients(of: marks)
      for seed in UInt64(5)...6 {
        let (other, kernel) = try (noise(x.shape, seed), noise(w.shape, seed + 10))
        try expect(
          other.multiplying(gradients[0]).sum(), [inner(other, w)],
          "\(window.testDescription)'s input of \(image)")
        try expect(
          kernel.multiplying(gradients[1]).sum(), [inner(x, kernel)],
          "\(window.testDescription)'s weight of \(image)")
      }
    }
  }

  @Test func attention() throws {
    try onBothBackends {
      for (queries, keys, heads, width) in [
        (1, 1, 1, 1), (1, 4, 2, 1), (4, 1, 1, 3), (3, 3, 3, 1), (1, 1, 2, 5), (17, 1, 1, 1), (1, 33, 1, 1),
      ] {
        let q = try noise([2, queries, heads * width], 1)
        let (k, v) = try (noise([2, keys, heads * width], 2), noise([2, keys, heads * width], 3))
        let what = "attention {\(queries), \(keys), \(heads), \(width)}"
        let expected = Reference.attention(q, k, v, heads: heads, scale: 0.7, causal: false)
        try expect(.attention(query: q, key: k, value: v, heads: heads, scale: 0.7), expected.out, what)
        let p = try Tensor.attentionProbabilities(query: q, key: k, heads: heads, scale: 0.7)
        expect(p, expected.probabilities, what)
        try expect(.attend(p, v), expected.out, what)
        try expectGradients(of: [q, k, v], what) {
          try .attention(query: $0[0], key: $0[1], value: $0[2], heads: heads, scale: 0.7)
        }
      }
    }
  }
}

extension [Int] {
  /// With the -1 filled in, which cannot be concluded where another size is 0.
  fileprivate func replacingOpen(_ size: Int) -> [Int] { map { $0 == -1 ? size : $0 } }
}
