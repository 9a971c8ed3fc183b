import Tensor

/// What a multistep solver remembers of the steps before.
struct PredictionHistory {
  /// Most predictions that are kept.
  let length: Int
  /// The latest first.
  private(set) var predictions: [Tensor] = []
  private var latest = -1

  init(length: Int) { self.length = length }

  var count: Int { predictions.count }

  /// Those of a run that does not go on from the step before are forgotten.
  mutating func add(_ prediction: Tensor, at index: Int) {
    predictions = [prediction] + (latest == index - 1 ? predictions.prefix(length - 1) : [])
    latest = index
  }

  /// The latest prediction and its divided differences over the steps before, as many as `order`.
  ///
  /// - Parameter lambdas: half log signal-to-noise of the predictions, the oldest first, and last of the step's end
  func differences(_ lambdas: [Float], order: Int) throws -> [Tensor] {
    guard order > 1 else { return [predictions[0]] }
    let lambdas = Array(lambdas.reversed())
    let h = lambdas[0] - lambdas[1]
    func slope(_ k: Int, over ratio: Float) throws -> Tensor {
      try predictions[k].subtracting(predictions[k + 1]).multiplying(1 / ratio)
    }
    let ratio = (lambdas[1] - lambdas[2]) / h
    let first = try slope(0, over: ratio)
    guard order > 2 else { return [predictions[0], first] }
    let ratio2 = (lambdas[2] - lambdas[3]) / h
    let change = try first.subtracting(slope(1, over: ratio2))
    return [
      predictions[0], try .combination((1, first), (ratio / (ratio + ratio2), change)),
      try change.multiplying(1 / (ratio + ratio2)),
    ]
  }
}
