/// A strided view of float32 numbers, row-major unless permuted.
///
/// A copy of the struct is a copy of the header: storage is shared, and in-place operations (names ending in `_`)
/// are seen by every view of it. Operations without the underscore return new storage, except for the views
/// (`narrowed`, `selected`, `permuted`…), which say so. Dimensions count from 0, negative ones from the back.
public struct Tensor: Sendable {
  public let storage: Storage
  public let shape: [Int]
  /// In elements; 0 where one element stands for the whole dimension.
  public let strides: [Int]
  /// The first element's place in the storage, in elements.
  public let offset: Int
  public let count: Int
  public let isContiguous: Bool
  /// Where the tensor came from, if a gradient is wanted with respect to something it depends on.
  private(set) var node: GradientNode?

  public var rank: Int { shape.count }

  /// The shape must have passed `Shape.count`, and every index must lie inside the storage.
  init(storage: Storage, shape: [Int], strides: [Int], offset: Int) {
    self.storage = storage
    self.shape = shape
    self.strides = strides
    self.offset = offset
    count = shape.reduce(1, *)
    var run = 1
    var contiguous = true
    for d in stride(from: shape.count - 1, through: 0, by: -1) where shape[d] != 1 {
      if strides[d] != run { contiguous = false }
      run *= shape[d]
    }
    isContiguous = contiguous || count == 0
  }

  /// Row-major over a whole storage that other code made: a mapped file, a buffer from C.
  public init(storage: Storage, shape: [Int], offset: Int = 0) throws {
    let count = try Shape.count(shape)
    guard offset >= 0 && count <= storage.count && offset <= storage.count - count else {
      throw TensorError(
        "a tensor \(Shape.text(shape)) at \(offset) does not fit a storage of \(storage.count) numbers")
    }
    self.init(storage: storage, shape: shape, strides: Shape.strides(shape), offset: offset)
  }

  /// The same elements at another place of the tape.
  func with(_ node: GradientNode?) -> Tensor {
    var tensor = self
    tensor.node = node
    return tensor
  }
}
