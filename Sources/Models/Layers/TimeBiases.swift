import Neural
import Tensor

/// The projections of the time embedding for all residual blocks of a UNet, as one product per step.
struct TimeBiases {
  private let projection: Linear
  private let activation: Activation

  /// Collects the blocks' projections while the model is loaded.
  final class Builder {
    private let inputs: Int
    private var weights: [(reader: WeightReader, rows: Int)] = []
    private var pool: WeightPool?
    private var biases: [Tensor] = []
    private var count = 0

    /// - Parameter inputs: width of the time embedding
    init(inputs: Int) { self.inputs = inputs }

    /// Reads a block's projection, with the bias of the convolution that follows folded in.
    ///
    /// - Returns: which of all biases are the block's
    func add(_ scope: WeightScope, outputs: Int, to bias: Tensor?) throws -> Range<Int> {
      let reader = try scope.source.reader(named: scope.name(of: "weight"), shape: [outputs, inputs])
      weights.append((reader, outputs))
      pool = scope.pool
      let own = try scope.tensor("bias", shape: [outputs])
      biases.append(try bias.map { try own.adding($0) } ?? own)
      defer { count += outputs }
      return count..<count + outputs
    }

    func finish(activation: Activation) throws -> TimeBiases {
      let weight = Weight(
        shape: [count, inputs], pool: pool, reader: WeightReader(joining: weights, width: inputs))
      return TimeBiases(
        projection: Linear(weight: weight, bias: try .concatenated(biases, dim: 0)), activation: activation)
    }
  }

  /// - Parameter embedding: {rows, width}; one row stands for all
  /// - Returns: the biases of all blocks one after the other, {sum of their channels} for all rows or {rows, sum}
  func callAsFunction(_ embedding: Tensor) throws -> Tensor {
    let biases = try projection(embedding.applying(activation))
    return embedding.shape[0] == 1 ? try biases.viewed([projection.outputs]) : biases
  }
}
