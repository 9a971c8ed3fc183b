import Tensor

extension RunContext {
  /// Scaled dot-product attention that shows itself: hooks on `.q`, `.k`, `.v`, `.probs` and `.z` of the site are
  /// called, and the trace adds the probabilities of the rows that it wants. The layer visits `.out` itself,
  /// after its output projection.
  ///
  /// Probabilities are materialised only if a hook listens to them. A trace alone has the kernel add each block
  /// of rows to the trace's buffer as it goes.
  ///
  /// - Parameters:
  ///   - query: {rows, Lq, heads·D}; Lq = height·width where a size is given.
  ///   - key: {rows, Lk, heads·D}
  ///   - value: {rows, Lk, heads·D}
  /// - Returns: {rows, Lq, heads·D}
  public func attention(
    _ site: AttentionSite, query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float,
    mask: AttentionMask = .none, height: Int? = nil, width: Int? = nil
  ) throws -> Tensor {
    let attended = try attend(
      site, query: query, key: key, value: value, heads: heads, scale: scale, mask: mask, height: height,
      width: width)
    guard listens(to: site.headOutput) else { return attended }
    let (rows, length, channels) = (attended.shape[0], attended.shape[1], attended.shape[2])
    let separate = try attended.reshaped([rows, length, heads, channels / heads]).permuted([0, 2, 1, 3])
    return try visit(site.headOutput, separate, height: height, width: width).permuted([0, 2, 1, 3])
      .reshaped(attended.shape)
  }

  private func attend(
    _ site: AttentionSite, query: Tensor, key: Tensor, value: Tensor, heads: Int, scale: Float,
    mask: AttentionMask, height: Int?, width: Int?
  ) throws -> Tensor {
    let query = try visit(site.query, query, height: height, width: width)
    let key = try visit(site.key, key)
    let value = try visit(site.value, value)
    let records = traceRecords(site, query: query, key: key, heads: heads, height: height, width: width)

    // A loss may be made of what the trace records: then it is on the tape too.
    let isOnTape = query.requiresGradient || key.requiresGradient || pendingRecords != nil
    if listens(to: site.probabilities) || (isOnTape && !records.isEmpty) {
      let computed = try Tensor.attentionProbabilities(
        query: query, key: key, heads: heads, scale: scale, mask: mask)
      let probabilities = try visit(site.probabilities, computed, height: height, width: width)
      for record in records where record.isWanted {
        try add(
          probabilities.narrowed(0, start: record.start, length: record.count), to: record.entry)
      }
      return try Tensor.attend(probabilities, value)
    }

    let parts = try records.map { record in
      try Tensor.attention(
        query: query.narrowed(0, start: record.start, length: record.count),
        key: key.narrowed(0, start: record.start, length: record.count),
        value: value.narrowed(0, start: record.start, length: record.count),
        heads: heads, scale: scale, mask: mask,
        addingProbabilitiesTo: record.isWanted ? trace?.sums(record.entry, count: record.count) : nil)
    }
    switch parts.count {
    case 0:
      return try Tensor.attention(
        query: query, key: key, value: value, heads: heads, scale: scale, mask: mask)
    case 1: return parts[0]
    default: return try Tensor.concatenated(parts, dim: 0)
    }
  }

  private func add(_ probabilities: Tensor, to entry: TraceEntry) throws {
    if pendingRecords == nil {
      try trace?.add(probabilities, to: entry)
    } else {
      pendingRecords?.append((entry, probabilities))
    }
  }

  /// A run of the batch's rows, and where their probabilities belong if they are wanted.
  private struct TraceRecord {
    let start, count: Int
    let entry: TraceEntry
    let isWanted: Bool
  }

  /// Cuts the batch into runs of rows that share one destination; empty if nothing is wanted.
  private func traceRecords(
    _ site: AttentionSite, query: Tensor, key: Tensor, heads: Int, height: Int?, width: Int?
  ) -> [TraceRecord] {
    guard let trace, let step, let height, let width, trace.options.wants(site) else { return [] }
    let layer = trace.layer(
      site, heads: heads, height: height, width: width, keys: key.shape[1])
    let records = runs.map { run in
      TraceRecord(
        start: run.start, count: run.count,
        entry: TraceEntry(
          layer: layer, step: step, isConditional: run.isConditional, sample: run.sample),
        isWanted: trace.wants(conditional: run.isConditional))
    }
    return records.contains(where: \.isWanted) ? records : []
  }
}
