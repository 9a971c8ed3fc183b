import Tensor

/// The random numbers of a session: where a call names no seed, one stream goes on from call to call.
final class RandomStream {
  var generator = TorchCPUGenerator(seed: 0)

  func draw<R>(seed: UInt64?, _ body: (inout TorchCPUGenerator) throws -> R) throws -> R {
    guard let seed else { return try body(&generator) }
    var own = TorchCPUGenerator(seed: seed)
    return try body(&own)
  }
}
