import Tensor
import Testing

/// What a script's author reads when shapes do not fit.
@Suite struct ShapeErrorTests {
  func message(_ body: () throws -> Tensor) -> String {
    do {
      let shape = try body().shape
      return "no error: \(shape)"
    } catch {
      return "\(error)"
    }
  }

  @Test func products() throws {
    let a = try Tensor.zeros([2, 3])
    let b = try Tensor.zeros([4, 5])
    #expect(message { try a.matmul(b) } == "matmul: {2, 3} has 3 columns, {4, 5} has 4 rows")
    #expect(
      message { try a.matmul(.scalar(1)) } == "matmul: vectors or matrices expected, got {2, 3} and {}")
    #expect(
      message { try Tensor.zeros([2, 1, 3]).matmul(.zeros([3, 3, 1])) }
        == "matmul: the batches of {2, 1, 3} and {3, 3, 1} do not go together")
  }

  @Test func layers() throws {
    let x = try Tensor.zeros([1, 4, 4, 8])
    let w = Weight(try .zeros([16, 8]))
    let bias = try Tensor.zeros([8])
    #expect(message { try x.linear(Weight(bias)) } == "linear: the weight must be {out, in}, got {8}")
    #expect(
      message { try Tensor.zeros([3, 7]).linear(w) } == "linear: the weight {16, 8} does not take {3, 7}")
    #expect(message { try x.linear(w, bias: bias) } == "linear: the bias must be {16}, got {8}")
    #expect(
      message { try x.linear(w, residual: x) }
        == "linear: the residual must be {1, 4, 4, 16} as the result is, got {1, 4, 4, 8}")
    let kernel = Weight(try .zeros([16, 8, 3, 3]))
    #expect(
      message { try Tensor.zeros([4, 4, 8]).convolution(kernel) }
        == "convolution: images {n, h, w, channels} expected, got {4, 4, 8}")
    #expect(
      message { try Tensor.zeros([1, 4, 4, 9]).convolution(kernel) }
        == "convolution: the weight {16, 8, 3, 3} in 1 group does not take the 9 channels of {1, 4, 4, 9}")
    #expect(
      message { try Tensor.zeros([1, 2, 4, 8]).convolution(kernel, padding: .none) }
        == "convolution: a kernel of 3×3 does not fit into {1, 2, 4, 8}")
    #expect(
      message { try x.convolution(kernel, stride: 0) } == "convolution: the stride must be at least 1, got 0")
    #expect(
      message { try x.convolution(kernel, padding: .same(-1)) } == "convolution: padding cannot be negative")
    #expect(
      message { try x.groupNorm(groups: 3, weight: bias, bias: bias, epsilon: 1e-5) }
        == "group norm: 8 channels cannot be divided into 3 groups")
    #expect(
      message { try x.layerNorm(weight: bias, bias: .zeros([9]), epsilon: 1e-5) }
        == "layer norm: weight and bias must be {8} for {1, 4, 4, 8}, got {8} and {9}")
    #expect(
      message { try bias.narrowed(0, start: 0, length: 7).geglu() }
        == "geglu: an even last dimension expected, got {7}")
  }

  @Test func attention() throws {
    let q = try Tensor.zeros([2, 4, 8])
    let k = try Tensor.zeros([2, 5, 8])
    #expect(
      message { try .attention(query: q, key: k, value: k, heads: 3, scale: 1) }
        == "attention: a width of 8 cannot be divided into 3 heads")
    #expect(
      message { try .attention(query: q, key: k, value: q, heads: 2, scale: 1) }
        == "attention: key {2, 5, 8} and value {2, 4, 8} must have the same shape")
    #expect(
      message { try .attention(query: q, key: k, value: k, heads: 2, scale: 1, addingProbabilitiesTo: q) }
        == "attention: the sums must be {2, 2, 4, 5}, got {2, 4, 8}")
    #expect(
      message { try .attend(.zeros([2, 2, 4, 4]), k) }
        == "attention: probabilities {n, heads, queries, keys} and values {n, keys, heads·d} expected, "
        + "got {2, 2, 4, 4} and {2, 5, 8}")
  }

  @Test func emptyBatchesAreFine() throws {
    let w = Weight(try .ones([16, 8]))
    let kernel = Weight(try .ones([16, 8, 3, 3]))
    #expect(try Tensor.zeros([0, 8]).linear(w).shape == [0, 16])
    #expect(try Tensor.zeros([0, 4, 4, 8]).convolution(kernel).shape == [0, 4, 4, 16])
    #expect(try Tensor.zeros([0, 4, 4, 8]).upsampledNearest2x().shape == [0, 8, 8, 8])
    let one = try Tensor.ones([8])
    #expect(
      try Tensor.zeros([0, 4, 8]).groupNorm(groups: 2, weight: one, bias: one, epsilon: 1).shape == [0, 4, 8])
    #expect(try Tensor.zeros([0, 8]).layerNorm(weight: one, bias: one, epsilon: 1).shape == [0, 8])
    #expect(try Tensor.zeros([0, 8]).softmax().shape == [0, 8])
    // Nothing to add up: what is left is the epilogue.
    let nothing = Weight(try .zeros([2, 0]))
    let bias = try Tensor([-1, 2], shape: [2])
    #expect(try Tensor.zeros([1, 0]).linear(nothing, bias: bias, activation: .relu).toArray() == [0, 2])
  }
}
