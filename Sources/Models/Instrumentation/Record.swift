import Tensor

/// What sites showed over a run, kept: a copy of each value, or the value itself where it is on a tape.
///
/// In Swift samples, chunks and rows count from 0, steps from 1 as in the request.
public final class Record {
  /// A value of one call of a component, of some rows of it.
  struct Entry {
    let site: Site
    /// {rows, …}, or one for all rows (`SiteInfo.Layout.shared`).
    let value: Tensor
  }

  /// Which of the values of a site is meant.
  public struct Choice: Sendable {
    /// nil for all steps.
    public var step: Int?
    public var sample = 0
    public var conditional = true
    /// nil where there is only one.
    public var input: Site.Input?
    public var tile: Int?
    public var chunk: Int?

    public init() {}
  }

  public let patterns: [SitePattern]
  /// The steps that are kept; nil for all.
  public let steps: ClosedRange<Int>?
  /// Whether the rows of the negative prompt are kept.
  public let unconditional: Bool

  private var infos: [String: SiteInfo] = [:]
  private var entries: [String: [Entry]] = [:]
  /// Sites in the order in which they were first seen.
  public private(set) var names: [String] = []
  /// Whether the run has a loop of steps.
  public private(set) var hasSteps = false
  /// Bytes that the values take.
  public private(set) var byteCount = 0

  public init(_ patterns: [SitePattern], steps: ClosedRange<Int>? = nil, unconditional: Bool = true) {
    self.patterns = patterns
    self.steps = steps
    self.unconditional = unconditional
  }

  // MARK: Recording

  /// The hooks that fill the record: to be the last of a run, so that it keeps what the model goes on with.
  public func hooks() -> [Hook] {
    patterns.enumerated().map { index, pattern in
      Hook(
        pattern, role: "record",
        prepare: { [self] sites, run in
          for site in sites { infos[site.name] = site }
          hasSteps = run.steps != nil
          if let steps, let own = run.steps {
            guard own.contains(steps.lowerBound), own.contains(steps.upperBound) else {
              throw PipelineError(
                "the record's steps \(steps.inWords) are not all among those that the run takes, \(own.inWords)"
              )
            }
          } else if steps != nil {
            throw PipelineError("steps of the record: this call has no steps")
          }
        }
      ) { [self] value, site in
        // A site that several patterns match is kept once.
        guard !patterns[..<index].contains(where: { $0.matches(site.name) }) else { return nil }
        try keep(value, site)
        return nil
      }
    }
  }

  private func keep(_ value: Tensor, _ site: Site) throws {
    if let steps, let step = site.step, !steps.contains(step) { return }
    var (site, value) = (site, value)
    if !unconditional, value.shape[0] == site.rows.count {
      let kept = site.rows.indices.filter { site.rows[$0].isConditional }
      guard !kept.isEmpty else { return }
      if kept.count < site.rows.count {
        value = try value.gathered(0, kept)
        site.rows = kept.map { site.rows[$0] }
      }
    }
    try Room.check(value.count, bytes: 8, for: "what is recorded at \(site.name)")
    let entry = Entry(site: site, value: value.requiresGradient ? value : try value.clone())
    if entries[site.name] == nil { names.append(site.name) }
    entries[site.name, default: []].append(entry)
    byteCount += value.count * MemoryLayout<Float>.stride
  }

  // MARK: Reading

  /// What is known of a site that was recorded.
  public func info(_ name: String) -> SiteInfo? { infos[name] }

  /// The steps of which a site was recorded, ascending.
  public func steps(of name: String) -> [Int] {
    var seen: Set<Int> = []
    return (entries[name] ?? []).compactMap(\.site.step).filter { seen.insert($0).inserted }.sorted()
  }

  /// The one recorded site of a name, or that a pattern matches.
  ///
  /// - Throws: `PipelineError` if there is none, or several.
  public func site(_ text: String) throws -> String {
    if entries[text] != nil { return text }
    let pattern = try SitePattern(text)
    let found = names.filter(pattern.matches)
    if found.count == 1 { return found[0] }
    guard found.isEmpty else {
      throw PipelineError(
        "'\(text)' matches \(found.count) of the recorded sites, '\(found[0])' and '\(found[1])' among them")
    }
    let nearest = pattern.nearest(in: names).map { "'\($0)'" }.joined(separator: ", ")
    throw PipelineError(
      "nothing was recorded at '\(text)'; the nearest are \(nearest.isEmpty ? "none" : nearest)")
  }

  /// The value of one row at a site, as hooks see it but without the rows. Where no step is chosen, those of all steps in a
  /// stack, {steps, …}; of a call that has no steps, the value.
  public func value(_ name: String, _ choice: Choice) throws -> Tensor {
    let steps = steps(of: name)
    if choice.step != nil, !hasSteps || steps.isEmpty {
      throw PipelineError("\(name) was not recorded step by step")
    }
    guard choice.step == nil, hasSteps, !steps.isEmpty else { return try one(name, choice) }
    return try .stacked(
      steps.map { step in
        var choice = choice
        choice.step = step
        return try one(name, choice)
      }, dim: 0)
  }

  private func one(_ name: String, _ choice: Choice) throws -> Tensor {
    var found = entries[name] ?? []
    if let step = choice.step {
      found = found.filter { $0.site.step == step }
      guard !found.isEmpty else {
        throw PipelineError(
          "\(name) was recorded of the steps \(steps(of: name).inWords), there is no step \(step)")
      }
    }
    if let input = choice.input { found = found.filter { $0.site.input == input } }
    if let tile = choice.tile { found = found.filter { $0.site.tile == tile } }
    if infos[name]?.layout == .shared, let entry = found.first { return try entry.value.selected(0, 0) }
    let rows = found.flatMap { entry in
      entry.site.rows.enumerated().compactMap { index, row -> (entry: Entry, index: Int)? in
        let isMeant =
          row.samples.contains(choice.sample) && row.isConditional == choice.conditional
          && (choice.chunk == nil || row.chunk == choice.chunk)
        return isMeant ? (entry, index) : nil
      }
    }
    guard let row = rows.first else {
      let half = choice.conditional ? "" : "unconditional "
      throw PipelineError("\(name): no \(half)value of picture \(choice.sample + 1) was recorded")
    }
    guard rows.count == 1 || choice.step == nil && hasSteps else {
      throw PipelineError(
        "\(name) was recorded \(rows.count) times of this picture: choose one by input, chunk or tile")
    }
    return try row.entry.value.selected(0, row.index)
  }

  // MARK: For patches

  /// The values that a patch puts at a site: the rows of the same call in the recorded run.
  ///
  /// - Throws: `PipelineError` if there is none, or its timestep is another.
  func entries(at site: Site) throws -> [Entry] {
    let all = entries[site.name] ?? []
    let isLoop = hasSteps && site.step != nil
    let found = all.filter {
      $0.site.input == site.input && $0.site.tile == site.tile && (!isLoop || $0.site.step == site.step)
    }
    guard let first = found.first else {
      let step = isLoop ? " of step \(site.step ?? 0)" : ""
      let isNegative = site.input == .negativePrompt
      throw PipelineError(
        "the record that a patch is from has no \(site.name)\(step)\(isNegative ? " of a negative prompt" : "")",
        cause: isNegative ? .recordedOneHalf(isConditional: true) : nil)
    }
    guard !isLoop || first.site.timestep == site.timestep else {
      throw PipelineError(
        "a patch is from another schedule: step \(site.step ?? 0) is at timestep \(site.timestep ?? 0) here, "
          + "and at \(first.site.timestep ?? 0) in the record")
    }
    return found
  }
}

extension ClosedRange<Int> {
  /// `3` or `1 to 10`.
  var inWords: String { lowerBound == upperBound ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}

extension [Int] {
  /// Of ascending numbers: `1 to 10`, or each.
  var inWords: String {
    guard let first, let last else { return "none" }
    return last - first + 1 == count
      ? (first...last).inWords : map(String.init).joined(separator: ", ")
  }
}
