import Foundation
import Testing

@testable import Scripting

/// Functions of tensors against PyTorch, values and gradients (Scripts/dev/goldens/vocabulary.py).
@Suite struct VocabularyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name, lua: String
    let inputs: [Numbers]
    let result: Numbers
    let weights: Numbers?
    let gradients: [Numbers]
    var testDescription: String { name }
  }

  struct Numbers: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    /// As Lua makes such a tensor.
    var lua: String {
      let list = values.map { "\($0)" }.joined(separator: ",")
      let sizes = shape.map(String.init).joined(separator: ",")
      return shape.isEmpty ? "(t{\(list)}[{ {1, 1} }]):view{}" : "t{\(list)}:view{\(sizes)}"
    }
  }

  static let cases: [Case] = {
    struct File: Decodable {
      let name, lua: String
      let inputs: [Numbers]
      let result: Numbers
      let weights: Numbers?
      let gradients: [Numbers]?
    }
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/vocabulary.json")
    let files = try? JSONDecoder().decode([File].self, from: Data(contentsOf: path))
    return (files ?? []).map {
      Case(
        name: $0.name, lua: $0.lua, inputs: $0.inputs, result: $0.result, weights: $0.weights,
        gradients: $0.gradients ?? [])
    }
  }()

  @Test func thereAreCases() { #expect(Self.cases.count > 50) }

  @Test(arguments: cases)
  func agreesWithPyTorch(_ each: Case) throws {
    let bench = try Bench()
    let names = ["x", "y", "z"]
    for (name, input) in zip(names, each.inputs) {
      try bench.run("\(name) = \(input.lua)" + (each.gradients.isEmpty ? "" : " \(name):requires_grad_()"))
    }
    try bench.run("result = \(each.lua) if type(result) == 'number' then result = t{result}:view{} end")
    #expect(try bench.sizes("result") == each.result.shape, "\(each.lua)")
    expectClose(try bench.numbers("result:detach()"), each.result.values, each.lua)
    guard let weights = each.weights else { return }
    try bench.run("(result * \(weights.lua)):sum():backward()")
    for (name, gradient) in zip(names, each.gradients) {
      // What nothing goes through has none.
      if gradient.values.allSatisfy({ $0 == 0 }) { continue }
      expectClose(try bench.numbers("\(name).grad"), gradient.values, "d \(name) of \(each.lua)")
    }
  }

  /// Single precision, against PyTorch's: 2e-5 of the largest number leaves room for sums in another order and for a division by a
  /// small pivot.
  private func expectClose(_ found: [Double], _ expected: [Double], _ what: String) {
    let scale = expected.reduce(1) { max($0, abs($1)) }
    #expect(found.count == expected.count, "\(what)")
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) <= 2e-5 * scale, "\(what): \(found), \(expected)")
    }
  }

  @Test(arguments: [
    ("t.ones{2, 3}:roll(1)", "bad argument #2 to 'roll'"), ("t.ones{2}:flip()", "a dimension, or a list"),
    ("t.ones{2}:chunk(0)", "bad argument #1 to 'chunk'"),
    ("t.ones{2, 2}:masked_fill(t.ones{3}, 0)", "do not go together"),
    ("t.ones{2, 2, 2}:diag()", "1-d or 2-d tensor expected"), ("t.ones{2}:trace()", "2-d tensor expected"),
    ("t.ones{2}:scatter(1, t{3}, 1)", "indices from 1 to 2 expected, got 3"),
    ("t.ones{2}:pad{1}", "pairs of places"),
    ("t.ones{2}:pad({2, 0}, { mode = 'reflect' })", "can be reflected"),
    ("t.ones{2}:pad({1, 1}, { mode = 'around' })", "'replicate' expected, got 'around'"),
    ("t.ones{2, 3}:cross_entropy{1, 4}", "indices from 1 to 3 expected, got 4"),
    ("t.ones{2, 3}:cross_entropy{1}", "one class for each of 2 rows expected, got 1"),
    ("t.ones{2}:slerp(t.ones{3}, 0.5)", "shape {2} expected, got {3}"),
    ("t.ones{2}:quantile(1.5)", "number from 0 to 1 expected"),
    ("t.zeros{0}:median()", "with dimensions and elements"),
    ("t.ones{2, 2}:max_pool2d(3)", "does not fit into"),
    ("t.ones{2, 2}:avg_pool2d(2, { padding = 2 })", "half the window"),
    ("t{0/0}:histc(2)", "finite numbers expected"), ("t.ones{2}:histc(0)", "1 to 2^24 bins"),
    ("t.einsum('ij,jk->ik', t.ones{2, 3}, t.ones{2, 3})", "j is 3 in one place and 2 in another"),
    ("t.einsum('ij->ijk', t.ones{2, 3})", "each letter of the result"),
    ("t.einsum('...i', t.ones{2, 3})", "'...' is not supported"),
    ("t.einsum('ij', t.ones{2})", "2 dimensions expected"),
    ("linalg.inv(t.ones{2, 3})", "square matrix expected"),
    ("linalg.norm(t.ones{2, 2}, 3)", "expected for a matrix"),
    ("linalg.norm(t.ones{2}, 'max')", "'fro' or 'nuc' expected"),
  ])
  func slipsAreNamed(call: String, message: String) throws {
    let found = try Bench().failure("local _ = \(call)")
    #expect(found.contains(message), "\(call): \(found)")
  }
}
