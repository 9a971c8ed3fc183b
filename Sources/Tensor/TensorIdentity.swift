/// Which numbers a tensor shows and what has been written over them so far: two that are equal show the same numbers, at
/// the price of comparing a few words. (Tensors of equal numbers in different places are not identical.)
public struct TensorIdentity: Equatable {
  /// Held, so that no other storage can come to lie in its place.
  private let storage: Storage
  private let version: Int
  private let shape, strides: [Int]
  private let offset: Int

  fileprivate init(_ tensor: Tensor) {
    storage = tensor.storage
    version = tensor.storage.version
    (shape, strides, offset) = (tensor.shape, tensor.strides, tensor.offset)
  }

  public static func == (one: TensorIdentity, other: TensorIdentity) -> Bool {
    one.storage === other.storage && one.version == other.version && one.offset == other.offset
      && one.shape == other.shape && one.strides == other.strides
  }
}

extension Tensor {
  public var identity: TensorIdentity { TensorIdentity(self) }
}
