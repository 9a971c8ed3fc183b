import Tensor

/// Puts values at sites while a model runs: those of another run, given ones, a mean; or adds a direction.
///
/// In Swift samples, heads and tokens count from 0, steps from 1 as in the request.
public struct Patch {
  public enum Source {
    /// What the same sites showed in another run; of one of its pictures, or of the picture of the same number.
    case record(Record, sample: Int?)
    /// A tensor that goes with one row's value (`Patch.fitted`).
    case value(Tensor)
    /// The site's own value, for its mean.
    case own
  }

  /// What the source is averaged over before it is used.
  public enum Mean: String, Sendable, CaseIterable {
    case none, positions, samples
    /// Samples and positions.
    case all
  }

  public enum Half: String, Sendable, CaseIterable {
    case both
    case conditional = "cond"
    case unconditional = "uncond"
  }

  public var source: Source
  public var sites: [SitePattern]
  /// Whether the source is added, not put in the value's place.
  public var adds = false
  /// How much of the source: `value + scale · (source − value)`, or `value + scale · source`.
  public var scale: Float = 1
  public var mean = Mean.none
  public var heads: [Int]?
  public var tokens: [Int]?
  public var steps: ClosedRange<Int>?
  public var half = Half.both
  /// The pictures of the run that are patched; nil for all.
  public var samples: [Int]?

  public init(_ source: Source, sites: [SitePattern]) {
    self.source = source
    self.sites = sites
  }

  /// The hooks that patch: to be called before any other hook of a run.
  ///
  /// A run with patches from a record also computes as the recorded run did, step by step where attention is otherwise fused,
  /// so that a run that is patched with its own record stays the same bit for bit.
  public func hooks() -> [Hook] {
    let known = KnownSites()
    var hooks = sites.enumerated().map { index, pattern in
      Hook(
        pattern, role: "patch",
        prepare: { sites, run in
          for site in sites {
            try check(site, run)
            known.sites[site.name] = site
          }
        }
      ) { value, site in
        guard !sites[..<index].contains(where: { $0.matches(site.name) }), let info = known.sites[site.name]
        else { return nil }
        return try patched(value, site, info)
      }
    }
    if case .record(let record, _) = source {
      // Only where the run has such sites: the patch names those that it needs itself.
      hooks += record.patterns.map { Hook($0, role: "record", isOptional: true) { _, _ in nil } }
    }
    return hooks
  }

  private final class KnownSites { var sites: [String: SiteInfo] = [:] }

  // MARK: Checks

  private func check(_ site: SiteInfo, _ run: RunExtent) throws {
    let name = site.name
    if case .record(let record, _) = source, !record.names.contains(name) {
      throw PipelineError(
        "the record that a patch is from has no \(name)",
        cause: name.hasPrefix("vae.decoder") ? .notDecoded : nil)
    }
    if let heads {
      guard site.separatesHeads else { throw PipelineError("heads of a patch: \(name) has none") }
      if let count = site.heads, let stray = heads.first(where: { $0 >= count }) {
        throw PipelineError("heads of a patch: \(name) has \(count) heads, there is no head \(stray + 1)")
      }
    }
    if tokens != nil, site.tokenDimension == nil {
      throw PipelineError("tokens of a patch: \(name) has none, it is \(site.shape)")
    }
    if site.layout == .shared, half != .both || samples != nil {
      throw PipelineError("rows and samples of a patch: \(name) has one value for all rows")
    }
    if half == .unconditional, !run.hasUnconditional {
      throw PipelineError("rows of a patch: this run has no unconditional half")
    }
    guard let steps else { return }
    guard let own = run.steps, site.isInLoop else {
      throw PipelineError("steps of a patch: \(name) is called outside the loop of steps")
    }
    guard own.contains(steps.lowerBound), own.contains(steps.upperBound) else {
      throw PipelineError(
        "steps of a patch: \(steps.inWords) are not all among those that the run takes, \(own.inWords)")
    }
  }

  // MARK: Patching

  private func patched(_ value: Tensor, _ site: Site, _ info: SiteInfo) throws -> Tensor? {
    if let steps, let step = site.step, !steps.contains(step) { return nil }
    if info.layout == .shared {
      let row = try value.selected(0, 0)
      return try blended(row, source(row, site, info, row: nil), info).unsqueezed(0)
    }
    let chosen = site.rows.indices.filter { isChosen(site.rows[$0]) }
    guard !chosen.isEmpty else { return nil }
    let rows = try site.rows.indices.map { index in
      let row = try value.selected(0, index)
      guard chosen.contains(index) else { return row }
      return try blended(row, source(row, site, info, row: site.rows[index]), info)
    }
    return try .stacked(rows, dim: 0)
  }

  private func isChosen(_ row: Row) -> Bool {
    switch half {
    case .both: break
    case .conditional: guard row.isConditional else { return false }
    case .unconditional: guard !row.isConditional else { return false }
    }
    return samples.map { wanted in row.samples.contains(where: wanted.contains) } ?? true
  }

  /// What goes to one row, of the shape of its value.
  private func source(_ value: Tensor, _ site: Site, _ info: SiteInfo, row: Row?) throws -> Tensor {
    switch source {
    case .own: return try averaged(value, info)
    case .value(let given): return try averaged(Self.fitted(given, to: value, info), info)
    case .record(let record, let sample):
      let entries = try record.entries(at: site)
      guard let row else { return try shaped(entries[0].value.selected(0, 0), as: value, site) }
      let candidates = entries.flatMap { entry in
        entry.site.rows.enumerated().compactMap { index, other -> (row: Row, value: Tensor)? in
          guard other.isConditional == row.isConditional, other.chunk == row.chunk,
            let value = try? entry.value.selected(0, index)
          else { return nil }
          return (other, value)
        }
      }
      guard !candidates.isEmpty else {
        throw PipelineError(
          "the record that a patch is from has no \(row.isConditional ? "" : "un")conditional rows of \(site.name)",
          cause: .recordedOneHalf(isConditional: !row.isConditional))
      }
      if mean == .samples || mean == .all {
        let values = try candidates.map { try shaped($0.value, as: value, site) }
        return try averaged(values.count == 1 ? values[0] : Tensor.stacked(values, dim: 0).mean(dim: 0), info)
      }
      let wanted = sample ?? row.sample
      let found = candidates.first { $0.row.samples.contains(wanted) }
      // A record of one picture goes with all pictures.
      guard let source = found ?? (sample == nil && candidates.count == 1 ? candidates[0] : nil) else {
        throw PipelineError("the record that a patch is from has no picture \(wanted + 1) at \(site.name)")
      }
      return try averaged(shaped(source.value, as: value, site), info)
    }
  }

  private func shaped(_ source: Tensor, as value: Tensor, _ site: Site) throws -> Tensor {
    guard source.shape == value.shape else {
      throw PipelineError(
        "a patch at \(site.name): the record has \(Shape.text(source.shape)) of a row, this run \(Shape.text(value.shape))"
      )
    }
    return source
  }

  private func averaged(_ source: Tensor, _ info: SiteInfo) throws -> Tensor {
    guard mean == .positions || mean == .all, !info.positionDimensions.isEmpty else { return source }
    return try source.mean(dims: info.positionDimensions, keepDim: true).expanded(source.shape)
  }

  /// A given value in the shape of a row's: a number, one number for each channel, or whatever NumPy's rule makes fit.
  static func fitted(_ given: Tensor, to value: Tensor, _ info: SiteInfo) throws -> Tensor {
    var given = given
    if given.rank == 1 {
      switch info.layout {
      case .map: given = try given.reshaped([given.count, 1, 1])
      case .heads where given.count == value.shape[0] * value.shape[2] && value.shape[0] > 1:
        given = try given.reshaped([value.shape[0], 1, value.shape[2]])
      default: break
      }
    }
    guard let shape = try? Shape.broadcast(given.shape, value.shape), shape == value.shape else {
      throw PipelineError(
        "a patch at \(info.name): a value of shape \(Shape.text(given.shape)) does not go with a row of shape \(Shape.text(value.shape))"
      )
    }
    return try given.expanded(value.shape)
  }

  private func blended(_ value: Tensor, _ source: Tensor, _ info: SiteInfo) throws -> Tensor {
    var result: Tensor
    if adds {
      result = try value.adding(scale == 1 ? source : source.multiplying(scale))
    } else {
      // At 1 the source itself: value + (source − value) has other bits.
      result = scale == 1 ? source : try value.adding(source.subtracting(value).multiplying(scale))
    }
    if let mask = try mask(value, info) { result = try result.selected(where: mask, else: value) }
    return result
  }

  /// 1 where heads and tokens are chosen, else 0, in the shape of a row's value; nil if all are.
  private func mask(_ value: Tensor, _ info: SiteInfo) throws -> Tensor? {
    var mask: Tensor?
    func narrow(to chosen: [Int], of count: Int, each: Int = 1, dim: Int, _ what: String) throws {
      if let stray = chosen.first(where: { $0 >= count }) {
        throw PipelineError(
          "\(what)s of a patch: \(info.name) has \(count) \(what)s, there is no \(what) \(stray + 1)")
      }
      let wanted = Set(chosen)
      var shape = [Int](repeating: 1, count: value.rank)
      shape[dim] = count * each
      let flags = (0..<count).flatMap { [Float](repeating: wanted.contains($0) ? 1 : 0, count: each) }
      let part = try Tensor(flags, shape: shape).expanded(value.shape)
      mask = try mask.map { try $0.multiplying(part) } ?? part
    }
    if let heads {
      switch info.layout {
      case .heads, .probabilities: try narrow(to: heads, of: value.shape[0], dim: 0, "head")
      default:
        let count = info.heads ?? 1
        try narrow(to: heads, of: count, each: value.shape[1] / count, dim: 1, "head")
      }
    }
    if let tokens, let dim = info.tokenDimension {
      try narrow(to: tokens, of: value.shape[dim], dim: dim, "token")
    }
    return mask
  }
}
