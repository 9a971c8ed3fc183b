import Synchronization
import Tensor

/// Attention probabilities collected over a run, per layer: {samples, heads, H·W, keys}, summed over the steps or
/// kept for each.
///
/// In Swift samples, layers, heads and tokens count from 0; steps are numbered from 1 as in the request.
public final class Trace {
  public struct Layer: Sendable, Hashable {
    /// `unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2`
    public let path: String
    public let kind: AttentionSite.Kind
    public let heads: Int
    /// Size of the map.
    public let height, width: Int
    /// Number of tokens (cross-attention) or of map positions (self-attention).
    public let keys: Int
    /// How much smaller than the latents the map is: sqrt(latent area / map area) (DAAM's factor).
    public let factor: Double
  }

  public let options: TraceOptions
  public let samples: Int
  public let latentHeight, latentWidth: Int
  /// Layers in the order in which the model visits them.
  public private(set) var layers: [Layer] = []
  /// Numbers of the steps that were recorded, ascending.
  public private(set) var steps: [Int] = []

  private struct Key: Hashable {
    let layer: Int
    /// 0 for the sum over all steps.
    let step: Int
    let conditional: Bool
  }

  private var maps: [Key: Tensor] = [:]
  private var indices: [String: Int] = [:]
  /// Where maps lie that do not stay in memory, made for the first of them.
  private var file: TraceFile?
  /// Those in memory now: of one step, or the one that was last looked at.
  private var resident: (step: Int, maps: [Tensor]) = (0, [])
  /// Rows of a batch may pass through the model side by side. They enter the layers in the same order, and each adds to
  /// its own part of the maps.
  private let recording = Mutex(())

  public init(options: TraceOptions, samples: Int, latentHeight: Int, latentWidth: Int) {
    self.options = options
    self.samples = samples
    self.latentHeight = latentHeight
    self.latentWidth = latentWidth
  }

  // MARK: Recording

  /// The index of an attention layer, entered when it is first seen.
  func layer(_ site: AttentionSite, heads: Int, height: Int, width: Int, keys: Int) -> Int {
    recording.withLock { _ in
      enter(site, heads: heads, height: height, width: width, keys: keys)
    }
  }

  private func enter(_ site: AttentionSite, heads: Int, height: Int, width: Int, keys: Int) -> Int {
    if let index = indices[site.path] { return index }
    let factor = (Double(latentHeight * latentWidth) / Double(height * width)).squareRoot()
    layers.append(
      Layer(
        path: site.path, kind: site.kind, heads: heads, height: height, width: width, keys: keys,
        factor: factor))
    indices[site.path] = layers.count - 1
    return layers.count - 1
  }

  /// Whether rows are recorded at all.
  func wants(conditional: Bool) -> Bool { conditional || options.unconditional }

  /// The buffer {count, heads, H·W, keys} to which the probabilities of some samples, which must be wanted, are to be
  /// added.
  func sums(_ entry: TraceEntry, count: Int) throws -> Tensor {
    let whole = try recording.withLock { _ in try maps(entry) }
    return try whole.narrowed(0, start: entry.sample, length: count)
  }

  private func key(_ entry: TraceEntry) -> Key {
    Key(layer: entry.layer, step: options.steps == .each ? entry.step : 0, conditional: entry.isConditional)
  }

  private func note(step: Int) {
    if steps.last.map({ $0 < step }) ?? true {
      steps.append(step)
    } else if !steps.contains(step) {
      steps.append(step)
      steps.sort()
    }
  }

  private func maps(_ entry: TraceEntry) throws -> Tensor {
    note(step: entry.step)
    // What is on the tape may be a tensor that the tape needs as it is.
    if let known = maps[key(entry)], !known.requiresGradient { return known }
    let layer = layers[entry.layer]
    let made =
      try maps[key(entry)]?.clone()
      ?? zeros([samples, layer.heads, layer.height * layer.width, layer.keys], step: key(entry).step)
    maps[key(entry)] = made
    return made
  }

  private func zeros(_ shape: [Int], step: Int) throws -> Tensor {
    guard let folder = options.folder, options.steps == .each else { return try .zeros(shape) }
    let file = try file ?? TraceFile(folder: folder)
    self.file = file
    let made = try file.zeros(shape)
    hold(made, of: step)
    return made
  }

  /// Keeps a map in memory, and lets those of other steps go.
  private func hold(_ map: Tensor, of step: Int) {
    guard let file else { return }
    if step != resident.step {
      resident.maps.forEach(file.giveBack)
      resident = (step, [])
    }
    if !resident.maps.contains(where: { $0.storage === map.storage }) { resident.maps.append(map) }
  }

  /// Adds the probabilities {count, heads, H·W, keys} of some samples where `sums` would have the kernel add them:
  /// needed where they are on the tape, which knows nothing of additions in place.
  func add(_ probabilities: Tensor, to entry: TraceEntry) throws {
    guard wants(conditional: entry.isConditional) else { return }
    let (start, known) = (entry.sample, maps[key(entry)])
    let end = start + probabilities.shape[0]
    guard probabilities.requiresGradient || known?.requiresGradient ?? false else {
      try sums(entry, count: end - start).add_(probabilities)
      return
    }
    if end - start == samples {
      note(step: entry.step)
      maps[key(entry)] = try known?.adding(probabilities) ?? probabilities
      return
    }
    let whole = try known ?? maps(entry)
    maps[key(entry)] = try .concatenated(
      [
        whole.narrowed(0, start: 0, length: start),
        whole.narrowed(0, start: start, length: end - start).adding(probabilities),
        whole.narrowed(0, start: end, length: samples - end),
      ], dim: 0)
  }

  // MARK: Reading

  /// All maps of a layer, {samples, heads, H·W, keys}: of one step, or summed over the steps.
  ///
  /// - Parameter step: only in a trace of each step; nil sums whatever was recorded.
  /// - Throws: `PipelineError` if the layer, the step or the unconditional rows were not recorded.
  public func probabilities(layer index: Int, step: Int? = nil, conditional: Bool = true) throws -> Tensor {
    guard layers.indices.contains(index) else {
      throw PipelineError("the trace has \(layers.count) layers, there is no layer \(index + 1)")
    }
    if !conditional && !options.unconditional {
      throw PipelineError("the trace has no unconditional maps", cause: .tracedWithoutUnconditional)
    }
    switch (options.steps, step) {
    case (.sum, let step?):
      throw PipelineError("the trace has sums over the steps and no step \(step)", cause: .tracedInSum)
    case (.sum, nil): return try recorded(Key(layer: index, step: 0, conditional: conditional))
    case (.each, let step?):
      guard steps.contains(step) else {
        throw PipelineError("the trace has the steps \(stepsInWords), there is no step \(step)")
      }
      return try recorded(Key(layer: index, step: step, conditional: conditional))
    case (.each, nil):
      guard let first = steps.first else { throw PipelineError("the trace is empty") }
      var sum = try recorded(Key(layer: index, step: first, conditional: conditional)).clone()
      for step in steps.dropFirst() {
        sum = try sum.adding(recorded(Key(layer: index, step: step, conditional: conditional)))
      }
      return sum
    }
  }

  /// One map {height, width}: of one head or the mean over all heads, of one step or the sum over all steps.
  public func map(
    layer index: Int, head: Int? = nil, token: Int, sample: Int = 0, step: Int? = nil,
    conditional: Bool = true
  ) throws -> Tensor {
    let maps = try heads(layer: index, token: token, sample: sample, step: step, conditional: conditional)
    guard let head else { return try maps.mean(dim: 0) }
    try check(head, below: layers[index].heads, "head")
    return try maps.selected(0, head)
  }

  /// The maps of all heads, {heads, height, width}.
  public func heads(
    layer index: Int, token: Int, sample: Int = 0, step: Int? = nil, conditional: Bool = true
  ) throws -> Tensor {
    let all = try probabilities(layer: index, step: step, conditional: conditional)
    let layer = layers[index]
    try check(sample, below: samples, "sample")
    try check(token, below: layer.keys, "token")
    return try all.selected(0, sample).selected(2, token).reshaped([layer.heads, layer.height, layer.width])
  }

  private func check(_ index: Int, below count: Int, _ what: String) throws {
    guard (0..<count).contains(index) else {
      throw PipelineError("the trace has \(count) \(what)s, there is no \(what) \(index + 1)")
    }
  }

  private func recorded(_ key: Key) throws -> Tensor {
    guard let map = maps[key] else {
      let half = key.conditional ? "" : " unconditional"
      throw PipelineError("the trace has no\(half) maps of \(layers[key.layer].path)")
    }
    hold(map, of: key.step)
    return map
  }

  private var stepsInWords: String {
    guard let first = steps.first, let last = steps.last else { return "of an empty run" }
    return last - first + 1 == steps.count
      ? "\(first) to \(last)" : steps.map(String.init).joined(separator: ", ")
  }
}

/// Where in a trace the probabilities of some rows belong.
struct TraceEntry {
  let layer, step: Int
  let isConditional: Bool
  /// The first row's.
  let sample: Int
}
