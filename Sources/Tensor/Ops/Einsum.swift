/// Sums of products by the names of dimensions, as in `torch.einsum`.
extension Tensor {
  /// - Parameters:
  ///   - equation: `ij,jk->ik`: one letter for each dimension; without an arrow, those that occur once, in alphabetical order
  ///   - operands: multiplied from left to right, a pair at a time as one matrix product
  public static func einsum(_ equation: String, _ operands: [Tensor]) throws -> Tensor {
    let equation = try Equation(equation, operands)
    var (labels, result) = (equation.inputs[0], operands[0])
    (labels, result) = try result.diagonals(labels)
    for index in 1..<Swift.max(operands.count, 1) where index < operands.count {
      let (other, next) = try operands[index].diagonals(equation.inputs[index])
      // What comes later, or is asked for, must stay.
      let needed = Set(equation.output + equation.inputs[(index + 1)...].joined())
      (labels, result) = try result.contracted(labels, next, other, keeping: needed)
    }
    (labels, result) = try result.summed(labels, keeping: Set(equation.output))
    return try result.permuted(equation.output.map { label in labels.firstIndex(of: label) ?? 0 })
  }

  private typealias Labelled = (labels: [Character], tensor: Tensor)

  /// A letter that comes twice in one operand stands for its diagonal.
  private func diagonals(_ labels: [Character]) throws -> Labelled {
    var (labels, x) = (labels, self)
    while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }),
      let first = labels.firstIndex(of: labels[second])
    {
      let size = x.shape[first]
      var shape = [Int](repeating: 1, count: x.rank)
      (shape[first], shape[second]) = (size, size)
      x = try x.multiplying(Tensor.eye(size).reshaped(shape)).sum(dim: second)
      labels.remove(at: second)
    }
    return (labels, x)
  }

  private func summed(_ labels: [Character], keeping needed: Set<Character>) throws -> Labelled {
    let dims = labels.indices.filter { !needed.contains(labels[$0]) }
    guard !dims.isEmpty else { return (labels, self) }
    return (labels.filter(needed.contains), try sum(dims: Array(dims)))
  }

  private func contracted(
    _ own: [Character], _ other: Tensor, _ others: [Character], keeping needed: Set<Character>
  ) throws -> Labelled {
    let (a, left) = { ($0.labels, $0.tensor) }(try summed(own, keeping: needed.union(others)))
    let (b, right) = { ($0.labels, $0.tensor) }(try other.summed(others, keeping: needed.union(own)))
    let batch = a.filter { b.contains($0) && needed.contains($0) }
    let inner = a.filter { b.contains($0) && !needed.contains($0) }
    let rows = a.filter { !b.contains($0) }
    let columns = b.filter { !a.contains($0) }
    func size(_ labels: [Character]) -> [Int] {
      labels.map { label in
        a.firstIndex(of: label).map { left.shape[$0] } ?? right.shape[b.firstIndex(of: label) ?? 0]
      }
    }
    func arranged(_ x: Tensor, _ labels: [Character], _ groups: [[Character]]) throws -> Tensor {
      let order = groups.joined().map { label in labels.firstIndex(of: label) ?? 0 }
      return try x.permuted(Array(order)).reshaped(groups.map { try Shape.count(size($0)) })
    }
    let product = try arranged(left, a, [batch, rows, inner]).matmul(
      arranged(right, b, [batch, inner, columns]))
    return (batch + rows + columns, try product.reshaped(size(batch) + size(rows) + size(columns)))
  }

  /// What an equation says, held against the shapes.
  private struct Equation {
    let inputs: [[Character]]
    let output: [Character]

    init(_ text: String, _ operands: [Tensor]) throws {
      func fault(_ message: String) -> TensorError { TensorError("einsum '\(text)': \(message)") }
      let bare = text.filter { !$0.isWhitespace }
      let sides = bare.split(separator: "->", omittingEmptySubsequences: false)
      guard sides.count <= 2, bare.filter({ $0 == "-" || $0 == ">" }).count == 2 * (sides.count - 1) else {
        throw fault("at most one arrow expected")
      }
      guard !bare.contains(".") else { throw fault("'...' is not supported: name every dimension") }
      inputs = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
      guard let stray = bare.first(where: { !($0.isASCII && $0.isLetter) && !",->".contains($0) }) else {
        guard inputs.count == operands.count, !operands.isEmpty else {
          throw fault("\(inputs.count) tensors expected, got \(operands.count)")
        }
        var sizes: [Character: Int] = [:]
        for (number, (labels, operand)) in zip(inputs, operands).enumerated() {
          guard labels.count == operand.rank else {
            throw fault(
              "\(labels.count) dimensions expected of tensor \(number + 1), got \(Shape.text(operand.shape))")
          }
          for (label, size) in zip(labels, operand.shape) {
            if let known = sizes[label], known != size {
              throw fault("\(label) is \(known) in one place and \(size) in another")
            }
            sizes[label] = size
          }
        }
        let all = inputs.flatMap(\.self)
        output =
          sides.count == 2
          ? Array(sides[1]) : Set(all).filter { label in all.filter { $0 == label }.count == 1 }.sorted()
        guard Set(output).count == output.count, output.allSatisfy({ sizes[$0] != nil }) else {
          throw fault("each letter of the result once, and from the operands, expected")
        }
        return
      }
      throw fault("letters expected, got '\(stray)'")
    }
  }
}
