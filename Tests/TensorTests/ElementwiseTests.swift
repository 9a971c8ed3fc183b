import Testing

@testable import Tensor

@Suite struct ElementwiseTests {
  static let functions: [(String, @Sendable (Tensor) throws -> Tensor)] = [
    ("exp", { try $0.exp() }), ("tanh", { try $0.tanh() }), ("erf", { try $0.erf() }),
    ("sigmoid", { try $0.sigmoid() }), ("relu", { try $0.relu() }), ("silu", { try $0.silu() }),
    ("gelu", { try $0.gelu() }), ("geluTanh", { try $0.geluTanh() }), ("quickGelu", { try $0.quickGelu() }),
    ("sin", { try $0.sin() }), ("cos", { try $0.cos() }), ("round", { try $0.round() }),
    ("floor", { try $0.floor() }), ("ceil", { try $0.ceil() }), ("sign", { try $0.sign() }),
  ]

  @Test(arguments: functions.map(\.0)) func equalsReference(_ name: String) throws {
    let function = try #require(Self.functions.first { $0.0 == name }).1
    let (x, expected) = try (golden("unary.x"), golden("unary.\(name)"))
    #expect(try distance(function(x), expected) < 4e-7)
    // Strided: every second column of a wider tensor.
    let wide = try Tensor.stacked([x, x.negated()], dim: 1)
    #expect(try distance(function(wide.selected(1, 0)), expected) < 4e-7)
  }

  @Test func exponentialIsRelativelyAccurate() throws {
    let x = try Tensor.linspace(-87, 88, count: 10_001)
    for (input, output) in try zip(x.toArray(), x.exp().toArray()) {
      let expected = Float(_exp(Double(input)))
      #expect(Swift.abs(output - expected) <= 2 * expected.ulp)
    }
  }

  @Test func infinitiesAndNaN() throws {
    let x = try Tensor([.infinity, -.infinity, .nan], shape: [3])
    let exp = try x.exp().toArray()
    #expect(exp[0] == .infinity && exp[1] == 0 && exp[2].isNaN)
    let tanh = try x.tanh().toArray()
    #expect(tanh[0] == 1 && tanh[1] == -1 && tanh[2].isNaN)
    let erf = try x.erf().toArray()
    #expect(erf[0] == 1 && erf[1] == -1 && erf[2].isNaN)
    #expect(try x.clamped(min: 0, max: 2).toArray().prefix(2) == [2, 0])
    #expect(try x.clamped(min: 0).toArray()[2].isNaN)
    #expect(try x.maximum(Tensor.scalar(.nan)).toArray().allSatisfy(\.isNaN))
    #expect(try Tensor([-104, -100], shape: [2]).exp().toArray() == [0, Float(bitPattern: 27)])
  }

  @Test func broadcasts() throws {
    let (column, row) = try (Tensor([1, 2, 3], shape: [3, 1]), Tensor([10, 20], shape: [2]))
    #expect(try column.adding(row).toArray() == [11, 21, 12, 22, 13, 23])
    #expect(try row.subtracting(column).shape == [3, 2])
    #expect(try row.dividing(column).toArray()[2] == 5)
    #expect(try column.multiplying(2).toArray() == [2, 4, 6])
    #expect(try column.subtracted(from: 1).toArray() == [0, -1, -2])
    #expect(try column.power(3).toArray() == [1, 8, 27])
    #expect(try column.power(2).toArray() == column.multiplying(column).toArray())
    #expect(try column.greater(than: 1).toArray() == [0, 1, 1])
    #expect(
      try row.selected(where: column.less(than: 2), else: .scalar(0)).toArray() == [10, 20, 0, 0, 0, 0])
    #expect(
      message { _ = try column.adding(.zeros([2, 1])) } == "shapes {3, 1} and {2, 1} do not go together")
    #expect(try column.adding(.zeros([0])).shape == [3, 0])
  }

  @Test func contiguousAndStridedPathsAgree() throws {
    var generator = TorchCPUGenerator(seed: 3)
    let (a, b) = try (generator.normal([5, 70, 9]), generator.normal([9, 70, 5]))
    let direct = try a.multiplying(b.permuted([2, 1, 0]).contiguous())
    #expect(try distance(a.multiplying(b.permuted([2, 1, 0])), direct) == 0)
    let large = try generator.normal([300_000])
    #expect(try large.adding(large).toArray() == large.toArray().map { 2 * $0 })
  }

  @Test func inPlace() throws {
    let x = try Tensor.arange(0, 6).reshaped([2, 3])
    try x.transposed(0, 1).add_(Tensor([10, 20], shape: [2]))
    #expect(x.toArray() == [10, 11, 12, 23, 24, 25])
    try x.selected(1, 0).mul_(0)
    #expect(x.toArray() == [0, 11, 12, 0, 24, 25])
    try x.add_(x)
    #expect(x.toArray() == [0, 22, 24, 0, 48, 50])
    #expect(message { try x.add_(.zeros([2, 2, 3])) }.contains("in place"))
  }

  @Test func inPlaceOverlapsAreRightOrRefused() throws {
    let x = try Tensor.arange(0, 6)
    try x.narrowed(0, start: 1, length: 5).copy(from: x.narrowed(0, start: 0, length: 5))
    #expect(x.toArray() == [0, 0, 1, 2, 3, 4])
    try x.narrowed(0, start: 1, length: 5).add_(x.narrowed(0, start: 0, length: 5))
    #expect(x.toArray() == [0, 0, 1, 3, 5, 7])
    let square = try Tensor.arange(0, 4).reshaped([2, 2])
    try square.add_(square.transposed(0, 1))
    #expect(square.toArray() == [0, 3, 3, 6])
    let repeated = try Tensor.zeros([1, 3]).expanded([2, 3])
    #expect(message { try repeated.fill_(1) }.contains("clone it first"))
    #expect(message { try repeated.add_(1) }.contains("clone it first"))
    #expect(message { try repeated.exp_() }.contains("clone it first"))
    #expect(message { try repeated.copy(from: .ones([2, 3])) }.contains("clone it first"))
    #expect(repeated.toArray() == [Float](repeating: 0, count: 6))
  }
}

private func _exp(_ x: Double) -> Double {
  // e^x by its series after halving, so that no float library is trusted with the reference.
  var (term, sum, k) = (1.0, 1.0, 1.0)
  let small = x / 1024
  while Swift.abs(term) > 1e-18 {
    term *= small / k
    sum += term
    k += 1
  }
  for _ in 0..<10 { sum *= sum }
  return sum
}
