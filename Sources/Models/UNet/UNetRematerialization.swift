import Tensor

extension UNetStep {
  /// One of the UNet's blocks: takes and returns a map, and adds to or takes from the end of the skip connections.
  typealias Block = (Tensor, inout [Tensor], UNetStep) throws -> Tensor

  /// Runs a block, so that only what enters and leaves it is kept for the gradient if the run asks for that. Hooks would
  /// be called a second time: where there are any, everything is kept.
  func through(_ block: @escaping Block, _ x: Tensor, _ skips: inout [Tensor]) throws -> Tensor {
    guard context.rematerializes, context.hookSet.hooks.isEmpty,
      x.requiresGradient || text.requiresGradient || timeBiases.requiresGradient
    else { return try block(x, &skips, self) }
    let given = skips.count
    var remaining = given
    var entries: [TraceEntry] = []
    // The skip connections that the block adds, and the attention that it shows, leave it as results do.
    let place = context.place
    let parts = text.parts
    let results = try Tensor.rematerialized([x, timeBiases] + parts + skips) { inputs in
      try context.collectingRecords(at: place) {
        let text = text.with(Array(inputs[2..<2 + parts.count]))
        context.conditioning.use(text)
        var own = Array(inputs[(2 + parts.count)...])
        let step = UNetStep(timeBiases: inputs[1], text: text, context: context)
        let output = try block(inputs[0], &own, step)
        remaining = own.count
        let records = context.pendingRecords ?? []
        entries = records.map(\.entry)
        return [output] + own.dropFirst(given) + records.map(\.probabilities)
      }
    }
    let added = max(0, remaining - given)
    skips = Array(skips.prefix(remaining) + results[1..<1 + added])
    for (entry, probabilities) in zip(entries, results.dropFirst(1 + added)) {
      try context.trace?.add(probabilities, to: entry)
    }
    return results[0]
  }
}

extension RunContext {
  /// Where the run stands.
  fileprivate typealias Place = (rows: [Row], step: Int?, timestep: Double?)

  fileprivate var place: Place {
    get { (rows, step, timestep) }
    set { (rows, step, timestep) = newValue }
  }

  /// Runs `body` as if the run stood at `place`, as it did when a block was first computed; what attention shows is
  /// kept in `pendingRecords`.
  fileprivate func collectingRecords<R>(at place: Place, _ body: () throws -> R) rethrows -> R {
    let now = self.place
    self.place = place
    pendingRecords = []
    defer {
      self.place = now
      pendingRecords = nil
    }
    return try body()
  }
}
