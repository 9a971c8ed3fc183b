import Models
import Tensor
import Weights

/// A change of a weight by products of small matrices, as LyCORIS stores it (Yeh et al., "Navigating Text-To-Image Customization:
/// From LyCORIS Fine-Tuning to Model Evaluation", 2024).
///
/// LoHa multiplies two low-rank matrices element by element; LoKr takes their Kronecker product, where either may be stored whole.
struct ProductChange {
  let files: WeightFiles
  let tensors: [AdapterTensor.Role: String]
  let target: LayerAdapter.Target

  /// The change without any scale, and the rank by which the file's alpha is divided; no rank where both matrices are whole.
  typealias Result = (delta: @Sendable () throws -> Tensor, rank: Int?)

  /// A matrix as it is multiplied: a kernel's places count as columns.
  private struct Matrix {
    let rows, columns: Int
    let rank: Int?
    let read: @Sendable () throws -> Tensor
  }

  func hadamard() throws -> Result {
    let (first, second) = (try matrix(1) { .hadamard($0) }, try matrix(2) { .hadamard($0) })
    let shape = target.shape
    for matrix in [first, second] {
      guard matrix.rank != nil, matrix.rows == shape[0], matrix.columns == target.inputs else {
        throw misfit()
      }
    }
    return ({ try first.read().multiplying(second.read()).viewed(shape) }, first.rank)
  }

  func kronecker() throws -> Result {
    let (first, second) = (try matrix(1) { .kronecker($0) }, try matrix(2) { .kronecker($0) })
    let shape = target.shape
    guard shape.count > 1, first.rows * second.rows == shape[0],
      first.columns * second.columns == target.inputs,
      second.columns % (target.inputs / shape[1]) == 0
    else { throw misfit() }
    let delta: @Sendable () throws -> Tensor = {
      let left = try first.read().viewed([first.rows, 1, first.columns, 1])
      return try left.multiplying(second.read().viewed([1, second.rows, 1, second.columns])).contiguous()
        .viewed(shape)
    }
    return (delta, first.rank ?? second.rank)
  }

  private func misfit() -> PipelineError {
    let names = tensors.filter { $0.key.isProduct }.values.sorted()
    let shapes = names.map { "'\($0)' \(Shape.text(files.shape(of: $0) ?? []))" }.joined(separator: ", ")
    return PipelineError(
      "\(files.path): \(shapes) do not fit '\(target.weight)' of shape \(Shape.text(target.shape)): the adapter was made for "
        + "another model")
  }

  /// One of the two matrices: whole, or as two factors, or as two factors and a kernel between them.
  private func matrix(_ number: Int, _ role: (AdapterTensor.Factor) -> AdapterTensor.Role) throws -> Matrix {
    func name(_ part: AdapterTensor.Factor.Part) -> String? {
      tensors[role(.init(number: number, part: part))]
    }
    func size(_ name: String) throws -> [Int] {
      let shape = files.shape(of: name) ?? []
      guard shape.count > 1, !shape.contains(0) else { throw misfit() }
      _ = try files.reader(named: name, shape: shape)
      return shape
    }
    let files = files
    let parts = [name(.left), name(.right), name(.core)]
    if let whole = name(.whole) {
      if let other = parts.compactMap({ $0 }).first {
        throw PipelineError("\(files.path): '\(whole)' and '\(other)' cannot both change one layer")
      }
      let shape = try size(whole)
      let columns = shape.dropFirst().reduce(1, *)
      return Matrix(rows: shape[0], columns: columns, rank: nil) {
        try files.tensor(named: whole).viewed([shape[0], columns])
      }
    }
    guard let left = name(.left), let right = name(.right) else {
      let found = tensors.filter { $0.key.isProduct }.values.sorted().first ?? ""
      throw PipelineError(
        "\(files.path): '\(found)' has no counterpart (factors of matrix \(number) of the same layer)")
    }
    let (a, b) = (try size(left), try size(right))
    let columns = b.dropFirst().reduce(1, *)
    guard let core = name(.core) else {
      guard a.count == 2, a[1] == b[0] else { throw misfit() }
      return Matrix(rows: a[0], columns: columns, rank: b[0]) {
        try files.tensor(named: left).matmul(files.tensor(named: right).viewed([b[0], columns]))
      }
    }
    let t = try size(core)
    guard t.count == 4, target.shape.suffix(2) == t.suffix(2), a.count == 2, b.count == 2, t[0] == a[0],
      t[1] == b[0]
    else { throw misfit() }
    let kernel = t[2] * t[3]
    return Matrix(rows: a[1], columns: b[1] * kernel, rank: b[0]) {
      let inner = try files.tensor(named: core).viewed([t[0], t[1], kernel]).permuted([0, 2, 1]).contiguous()
        .viewed([t[0] * kernel, t[1]]).matmul(files.tensor(named: right))  // {rank · kernel, inputs}
      let outer = try files.tensor(named: left).transposed(0, 1).contiguous()
        .matmul(inner.viewed([t[0], kernel * b[1]]))  // {outputs, kernel · inputs}
      return try outer.viewed([a[1], kernel, b[1]]).permuted([0, 2, 1]).contiguous().viewed([
        a[1], b[1] * kernel,
      ])
    }
  }
}
