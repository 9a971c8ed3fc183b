import Tensor

/// Where layers read their weights: files, or files seen under other names or with changes.
public protocol WeightSource: Sendable {
  /// Where error messages say the weights are.
  var path: String { get }
  /// All tensors that can be asked for.
  var names: [String] { get }

  func shape(of name: String) -> [Int]?
  /// The tensor `name` as float32.
  func tensor(named name: String) throws -> Tensor
  /// The tensor `name`, which must have exactly this shape.
  func tensor(named name: String, shape: [Int]) throws -> Tensor
}

extension WeightSource {
  /// - Throws: `NeuralError` that names the file, the tensor, and the expected and found shapes.
  public func tensor(named name: String, shape: [Int]) throws -> Tensor {
    if let fault = fault(name, shape: shape) { throw fault }
    return try tensor(named: name)
  }

  /// What is wrong with the tensor `name` if a model expects it to have this shape.
  func fault(_ name: String, shape: [Int]) -> NeuralError? {
    guard let found = self.shape(of: name) else {
      return NeuralError("\(path): no tensor '\(name)' (expected one of shape \(Shape.text(shape)))")
    }
    guard found != shape else { return nil }
    return NeuralError(
      "\(path): tensor '\(name)' has shape \(Shape.text(found)), expected \(Shape.text(shape))")
  }
}
