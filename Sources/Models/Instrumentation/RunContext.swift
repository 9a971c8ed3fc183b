import Tensor

/// What accompanies a forward pass through the models: where the loop stands, and who listens.
///
/// Layers know their site names from load and pass their values through `visit`, `visitMap` and `attention`. With
/// no listener these cost one dictionary look-up.
public final class RunContext {
  /// Number of the current step, from 1; nil outside the loop.
  public var step: Int?
  /// The scheduler's timestep; nil outside the loop.
  public var timestep: Double?
  /// What each row of the current batch is.
  public var rows: [Row] {
    didSet { runs = RowRun.cut(rows) }
  }
  /// What a text encoder or a VAE is being given; nil for the noise predictor.
  public var input: Site.Input?
  /// Number of the tile that a VAE decodes, from 1; nil where it decodes the picture as a whole.
  public var tile: Int?
  /// Collects attention probabilities; nil if nobody asked.
  public let trace: Trace?
  /// Whether the UNet keeps only what enters its blocks and computes the rest again for the gradient.
  public var rematerializes = false
  /// Probabilities that the trace is to get later, while a block is computed that will be computed again.
  var pendingRecords: [(entry: TraceEntry, probabilities: Tensor)]?
  /// What layers keep of the text embedding.
  public let conditioning = ConditioningCache()

  /// The rows in runs of consecutive samples of one kind.
  private(set) var runs: [RowRun]
  public var hookSet: HookSet
  /// Kept for the sake of what they remember of the text.
  private var rowContexts: [RunContext] = []

  public init(rows: [Row] = [], hooks: [Hook] = [], trace: Trace? = nil) {
    self.rows = rows
    runs = RowRun.cut(rows)
    self.trace = trace
    hookSet = HookSet(hooks)
  }

  /// One context for each row of the batch, for passes that run side by side: each has its own `conditioning`, all share
  /// the trace. Hooks are left out.
  func parts(_ count: Int) -> [RunContext] {
    while rowContexts.count < count { rowContexts.append(RunContext(trace: trace)) }
    let parts = Array(rowContexts.prefix(count))
    for (index, part) in parts.enumerated() {
      part.rows = index < rows.count ? [rows[index]] : []
      (part.step, part.timestep) = (step, timestep)
    }
    return parts
  }

  var hasHooks: Bool { !hookSet.hooks.isEmpty }

  /// Whether a hook matches the site: ask before computing anything that only a hook would see.
  public func listens(to site: String) -> Bool { hookSet.listens(to: site) }

  /// Shows a value to the hooks of a site and returns what the model goes on with.
  ///
  /// - Parameter value: the first dimension is the batch's rows; sequences are {rows, length, channels}.
  /// - Throws: what a hook throws; `PipelineError` naming the site if a replacement has another shape.
  public func visit(_ site: String, _ value: Tensor, height: Int? = nil, width: Int? = nil) throws -> Tensor {
    guard listens(to: site) else { return value }
    let place = Site(
      name: site, input: input, tile: tile, step: step, timestep: timestep, height: height, width: width,
      rows: rows)
    // A replacement is laid out by itself: a value that is kept is too, so that products take the same way either way.
    var current = try value.contiguous()
    for hook in hookSet.listeners(to: site) {
      current.storage.writeProtection = PipelineError(
        "this is a value that a model computes with, as \(site) showed it to a hook, and cannot be written in place: "
          + "write into a copy and return that")
      guard let replacement = try hook.body(current, place) else { continue }
      guard replacement.shape == value.shape else {
        throw PipelineError(
          "hook '\(hook.pattern)' at \(site): a tensor of shape \(Shape.text(value.shape)) expected, "
            + "got \(Shape.text(replacement.shape))")
      }
      // The hook may write over what it returned, for the next site.
      current = try replacement.clone()
    }
    return current
  }

  /// `visit` for a channels-last map {rows, H, W, channels}; hooks see it as {rows, channels, H, W}.
  public func visitMap(_ site: String, _ value: Tensor) throws -> Tensor {
    guard listens(to: site) else { return value }
    let seen = try value.permuted([0, 3, 1, 2])
    return try visit(site, seen, height: value.shape[1], width: value.shape[2]).permuted([0, 2, 3, 1])
      .contiguous()
  }
}

/// Rows that follow one another in the batch and in the samples, all of one half of guidance.
struct RowRun {
  let start: Int
  private(set) var count: Int
  let sample: Int
  let isConditional: Bool

  static func cut(_ rows: [Row]) -> [RowRun] {
    var runs: [RowRun] = []
    for (index, row) in rows.enumerated() {
      if let last = runs.last, row.isConditional == last.isConditional, row.sample == last.sample + last.count
      {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(RowRun(start: index, count: 1, sample: row.sample, isConditional: row.isConditional))
      }
    }
    return runs
  }
}
