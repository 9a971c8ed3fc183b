import Synchronization
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
  /// A way to read the same later, as often as needed. What may be wrong with the tensor is thrown now.
  func reader(named name: String, shape: [Int]) throws -> WeightReader
  /// Whether `name` was added to a model that has no such tensor: the bias that an adapter gives a layer without one.
  func adds(_ name: String) -> Bool
}

extension WeightSource {
  public func adds(_ name: String) -> Bool { false }

  /// - Throws: `NeuralError` that names the file, the tensor, and the expected and found shapes.
  public func tensor(named name: String, shape: [Int]) throws -> Tensor {
    if let fault = fault(name, shape: shape) { throw fault }
    return try tensor(named: name)
  }

  /// Reads at once, to find what is wrong, and hands that out first.
  public func reader(named name: String, shape: [Int]) throws -> WeightReader {
    let first = FirstReading(try tensor(named: name, shape: shape))
    return WeightReader { try first.take() ?? tensor(named: name, shape: shape) }
  }

  /// What is wrong with the tensor `name` if a model expects it to have this shape.
  public func fault(_ name: String, shape: [Int]) -> NeuralError? {
    guard let found = self.shape(of: name) else {
      return NeuralError("\(path): no tensor '\(name)' (expected one of shape \(Shape.text(shape)))")
    }
    guard found != shape else { return nil }
    return NeuralError(
      "\(path): tensor '\(name)' has shape \(Shape.text(found)), expected \(Shape.text(shape))")
  }
}

private final class FirstReading: Sendable {
  private let tensor: Mutex<Tensor?>

  init(_ tensor: Tensor) { self.tensor = Mutex(tensor) }

  func take() -> Tensor? {
    tensor.withLock { tensor in
      defer { tensor = nil }
      return tensor
    }
  }
}
