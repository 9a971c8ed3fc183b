/// A device of PyTorch's: `torch:cpu`, `torch:cuda`, `torch:cuda:1`.
public struct TorchDevice: Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Int32, Sendable { case cpu = 0, cuda }

  public var kind: Kind
  public var index: Int32 = 0

  static let processor = TorchDevice(kind: .cpu)

  private init(kind: Kind) { self.kind = kind }

  /// - Throws: if that is no device's name.
  public init(_ name: String) throws {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first, parts.dropFirst().first, parts.count) {
    case ("torch", "cpu", 2): kind = .cpu
    case ("torch", "cuda", 2): kind = .cuda
    case ("torch", "cuda", 3):
      guard let number = Int32(parts[2]), number >= 0, number < 64 else { fallthrough }
      kind = .cuda
      index = number
    default:
      throw TensorError(
        "there is no device '\(name)'; devices are 'cpu', 'torch:cpu', 'torch:cuda' and 'torch:cuda:1'")
    }
  }

  public var description: String {
    kind == .cpu ? "torch:cpu" : index == 0 ? "torch:cuda" : "torch:cuda:\(index)"
  }
}
