import Foundation
import Testing

@testable import Tensor

/// Gradients where functions have kinks, poles and limits, against PyTorch's: Scripts/dev/goldens/edge_gradients.py.
@Suite(.serialized) struct EdgeTests {
  private struct Numbers: Decodable {
    let shape: [Int], values: [String]

    func tensor() throws -> Tensor { try Tensor(values.map { try EdgeTests.number($0) }, shape: shape) }
  }
  private struct Case: Decodable {
    let name: String, inputs: [Numbers], result: Numbers, gradients: [[String]]
  }

  private static func number(_ text: String) throws -> Float { try #require(Float(text)) }

  private static let functions: [String: @Sendable ([Tensor]) throws -> Tensor] = [
    "exp": { try $0[0].exp() }, "log": { try $0[0].log() }, "sqrt": { try $0[0].sqrt() },
    "abs": { try $0[0].abs() }, "negated": { try $0[0].negated() }, "sin": { try $0[0].sin() },
    "cos": { try $0[0].cos() }, "erf": { try $0[0].erf() }, "floor": { try $0[0].floor() },
    "ceil": { try $0[0].ceil() }, "round": { try $0[0].round() }, "sign": { try $0[0].sign() },
    "reciprocal": { try $0[0].reciprocal() }, "square": { try $0[0].square() }, "tanh": { try $0[0].tanh() },
    "sigmoid": { try $0[0].sigmoid() }, "relu": { try $0[0].relu() }, "silu": { try $0[0].silu() },
    "gelu": { try $0[0].gelu() }, "geluTanh": { try $0[0].geluTanh() },
    "quickGelu": { try $0[0].quickGelu() },
    "divided 1": { try $0[0].divided(from: 1) }, "divided 0": { try $0[0].divided(from: 0) },
    "adding": { try $0[0].adding($0[1]) }, "subtracting": { try $0[0].subtracting($0[1]) },
    "multiplying": { try $0[0].multiplying($0[1]) }, "dividing": { try $0[0].dividing($0[1]) },
    "power": { try $0[0].power($0[1]) }, "maximum": { try $0[0].maximum($0[1]) },
    "minimum": { try $0[0].minimum($0[1]) },
    "where": {
      try $0[0].dividing($0[1]).selected(where: Tensor([1, 0, 1, 0], shape: [4]), else: $0[1])
    },
    "masked gt": { try $0[0].multiplying($0[0].greater(than: $0[1])) },
    "masked eq": { try $0[0].multiplying($0[0].equal(to: $0[1])) },
    "sum": { try $0[0].sum() }, "sum along": { try $0[0].sum(dim: 1) },
    "sum across": { try $0[0].sum(dim: 0) },
    "mean": { try $0[0].mean() }, "mean along": { try $0[0].mean(dim: 1) },
    "mean across": { try $0[0].mean(dim: 0) },
    "prod": { try $0[0].prod() }, "prod along": { try $0[0].prod(dim: 1) },
    "prod across": { try $0[0].prod(dim: 0) },
    "norm": { try $0[0].norm() }, "norm along": { try $0[0].norm(dim: 1) },
    "norm across": { try $0[0].norm(dim: 0) },
    "var": { try $0[0].variance() }, "var along": { try $0[0].variance(dim: 1) },
    "var across": { try $0[0].variance(dim: 0) }, "var of one": { try $0[0].variance() },
    "std": { try $0[0].standardDeviation() }, "std along": { try $0[0].standardDeviation(dims: [1]) },
    "std across": { try $0[0].standardDeviation(dims: [0]) },
    "std of one": { try $0[0].standardDeviation() },
    "biased std": { try $0[0].standardDeviation(correction: 0) },
    "biased std along": { try $0[0].standardDeviation(dims: [1], correction: 0) },
    "max": { try $0[0].max() }, "min": { try $0[0].min() }, "max along": { try $0[0].max(dim: 1) },
    "min along": { try $0[0].min(dim: 1) }, "max across": { try $0[0].max(dim: 0) },
    "sorted along": { try $0[0].sorted(dim: 1).values },
    "falling along": { try $0[0].sorted(dim: 1, descending: true).values },
    "cumsum along": { try $0[0].cumsum(dim: 1) }, "normalized along": { try $0[0].normalized(dim: 1) },
    "softmax along": { try $0[0].softmax(dim: 1) },
    "layer norm": { try $0[0].layerNorm(weight: .ones([3]), bias: .zeros([3]), epsilon: 1e-5) },
    "matmul": { try $0[0].matmul($0[1]) },
  ]

  /// A function of the table, or one whose numbers stand in its name: `clamp -1.0 None`, `power 0.5`.
  private static func function(_ name: String) throws -> ([Tensor]) throws -> Tensor {
    if let known = functions[name] { return known }
    let words = name.split(separator: " ").map(String.init)
    let value = Float(words[words.count - 1])
    switch words[0] {
    case "clamp": return { try $0[0].clamped(min: Float(words[1]), max: value) }
    case "power": return { try $0[0].power(#require(value)) }
    case "exponent": return { try $0[0].exponent(of: #require(value)) }
    case "maximum": return { try $0[0].maximum(#require(value)) }
    case "minimum": return { try $0[0].minimum(#require(value)) }
    default: throw TensorError("no function '\(name)'")
    }
  }

  @Test func agreeWithPyTorch() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let cases = try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: folder.appendingPathComponent("Goldens/edge-gradients.json")))
    #expect(cases.count == 120)
    for test in cases {
      let inputs = try test.inputs.map { try $0.tensor() }
      for backend in BackendTests.backends {
        try Compute.$backend.withValue(backend) {
          let marked = inputs.map { $0.requiringGradient() }
          let found = try Self.function(test.name)(marked)
          try expect(found, test.result.tensor(), test.name, inputs)
          let weights = try Tensor.arange(1, Double(found.count + 1)).reshaped(found.shape).dividing(4)
          let loss = try found.multiplying(weights).sum()
          let gradients = try marked.map { input in
            // An input that the loss does not depend on: its gradient is 0.
            try loss.adding(input.multiplying(0).sum()).gradients(of: [input], keepsTape: true)[0]
          }
          for (index, gradient) in gradients.enumerated() {
            let expected = try Tensor(test.gradients[index].map(Self.number), shape: inputs[index].shape)
            expect(gradient, expected, "gradient \(index + 1) of \(test.name)", inputs)
          }
        }
      }
    }
  }

  private func expect(_ found: Tensor, _ expected: Tensor, _ what: String, _ inputs: [Tensor]) {
    #expect(found.shape == expected.shape, "\(what)")
    let largest = expected.toArray().filter(\.isFinite).map { abs($0) }.max() ?? 0
    for (place, (f, e)) in zip(found.toArray(), expected.toArray()).enumerated() {
      let agrees = f == e || (f.isNaN && e.isNaN) || abs(f - e) <= 4e-6 * max(abs(e), 0.5 * largest, 0.1)
      let arguments = inputs.map { $0.count > place ? "\($0.toArray()[place])" : "…" }.joined(separator: ", ")
      #expect(agrees, "\(what) at (\(arguments)), place \(place): \(f), PyTorch \(e)")
    }
  }
}
