extension Tensor {
  /// The results of `body`, which is run again when their gradient is wanted: nothing that it computes on the way is
  /// kept, for the price of computing it twice (Chen et al., arXiv:1604.06174).
  ///
  /// - Parameters:
  ///   - inputs: all tensors requiring a gradient that `body` reads; others it may hold by itself.
  ///   - body: must give the same results each time.
  public static func rematerialized(_ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> [Tensor])
    throws
    -> [Tensor]
  {
    guard inputs.contains(where: \.isRecorded) else { return try body(inputs) }
    let outputs = try Gradients.withoutRecording { try body(inputs.map(\.detached)) }
    let kept = inputs.map(\.kept)
    return recorded(outputs, from: inputs) { gradients, wanted in
      let marked = try zip(kept, wanted).map { try $1 ? $0().requiringGradient() : $0() }
      let again = try Gradients.$areRecorded.withValue(true) { try body(marked) }
      let reached = zip(again, gradients).filter { $0.0.requiresGradient }
      let pass = try BackwardPass(from: reached.compactMap(\.0.node), targets: marked.compactMap(\.node))
      let found = try pass.run(reached.map(\.1), keepsTape: false)
      return marked.map { input in found.first { $0.node === input.node }?.gradient }
    }
  }
}
