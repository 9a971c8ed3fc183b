/// A tensor's place on the tape: what it was computed from, and how its gradient becomes theirs.
///
/// Belongs to one thread, as `Storage` does.
final class GradientNode: @unchecked Sendable {
  /// From the gradient of the result to those of the inputs. It is told which inputs want theirs; for the others it
  /// may return anything, best nil.
  typealias Rule = (_ gradient: Tensor, _ wanted: [Bool]) throws -> [Tensor?]

  enum Origin {
    /// Marked by the user.
    case leaf
    /// Computed; inputs without a node want no gradient.
    case operation(inputs: [GradientNode?], Rule)
    /// Lies in the input's memory: its gradient is added to this part of the input's.
    case part(of: GradientNode, (Tensor) throws -> Tensor)
    /// `backward` has passed and let go of what the rule needed.
    case spent
  }

  let shape: [Int]
  private(set) var origin: Origin
  /// Of a leaf: the sum over all backward passes since it was last set to nil.
  var gradient: Tensor?

  init(leaf shape: [Int]) {
    self.shape = shape
    origin = .leaf
  }

  init(shape: [Int], _ origin: Origin) {
    self.shape = shape
    self.origin = origin
  }

  var isLeaf: Bool { if case .leaf = origin { true } else { false } }

  var inputs: [GradientNode] {
    switch origin {
    case .leaf, .spent: []
    case .operation(let inputs, _): inputs.compactMap { $0 }
    case .part(let input, _): [input]
    }
  }

  /// Lets go of the inputs and of what the rule needed.
  func spend() {
    if !isLeaf { origin = .spent }
  }

  /// A long chain of nodes must not go down recursively, each from the deinitializer of the one before: the stack is
  /// not long enough for a loop of some ten thousand operations.
  deinit {
    guard !isLeaf else { return }
    var pending = inputs
    origin = .spent
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node), !node.isLeaf else { continue }
      pending += node.inputs
      node.origin = .spent
    }
  }
}
