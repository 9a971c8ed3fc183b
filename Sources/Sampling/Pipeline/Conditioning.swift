import Models
import Tensor

/// One half of guidance over a run: what the model is told in every step, checked before the loop starts.
struct Conditioning {
  /// What errors are about: the embedding or the unconditional one.
  let setting: Setting
  private let shape: TextShape
  private let samples: Int
  /// One for all steps, or one per step; without rows where it goes for all pictures.
  private var entries: [TextConditioning]
  /// Set by `onStep`: hold for all later steps.
  private var assigned: Tensor?
  private var assignedPooled: Tensor?

  /// What a model takes of a text.
  struct TextShape {
    /// Of the tokens.
    let width: Int
    /// Of the pooled text; nil for a model that takes none.
    let pooledWidth: Int?

    init(_ unet: any NoisePredictor) { (width, pooledWidth) = (unet.embeddingWidth, unet.pooledWidth) }
  }

  /// - Parameters:
  ///   - entries: with tokens {n, d} or {pictures, n, d} and pooled {p} or {pictures, p}
  ///   - steps: how many steps a list must at least cover.
  ///   - schedule: how many it may at most have entries for; nil for `steps`
  init(
    _ entries: [TextConditioning], setting: Setting, shape: TextShape, samples: Int, steps: Int,
    schedule: Int? = nil
  ) throws {
    self.setting = setting
    self.shape = shape
    self.samples = samples
    self.entries = entries
    guard entries.count == 1 || entries.count >= steps else {
      throw PipelineError("\(setting) has \(entries.count) entries for \(steps) steps")
    }
    guard entries.count <= max(schedule ?? steps, 1) else {
      throw PipelineError(
        "\(setting) has \(entries.count) entries, and the schedule \(schedule ?? steps) steps")
    }
    for entry in entries {
      try check(entry.tokens, "\(setting)")
      try check(pooled: entry.pooled, "\(pooledSetting)")
    }
  }

  private var pooledSetting: Setting { setting == .embedding ? .pooled : .unconditionalPooled }

  /// What holds in a step (from 1).
  subscript(step: Int) -> TextConditioning {
    var entry = entries.cycled(step - 1)
    if let assigned { entry.tokens = assigned }
    if let assignedPooled { entry.pooled = assignedPooled }
    return entry
  }

  /// The same off the tape.
  var detached: Conditioning {
    var copy = self
    copy.entries = entries.map(\.detached)
    copy.assigned = assigned?.detached
    copy.assignedPooled = assignedPooled?.detached
    return copy
  }

  mutating func assign(_ embedding: Tensor) throws {
    try check(embedding, "\(setting) set by \(.onStep)")
    assigned = embedding
  }

  mutating func assign(pooled: Tensor) throws {
    try check(pooled: pooled, "\(pooledSetting) set by \(.onStep)")
    assignedPooled = pooled
  }

  /// The rows of some pictures.
  func rows(step: Int, samples range: Range<Int>) throws -> TextConditioning {
    let entry = self[step]
    var rows = entry
    rows.tokens = try expanded(entry.tokens, rank: 2, range)
    rows.pooled = try entry.pooled.map { try expanded($0, rank: 1, range) }
    rows.mask = try entry.mask.map { try expanded($0, rank: 1, range) }
    rows.extra = try entry.extra.mapValues { try expanded($0, rank: 1, range) }
    return rows
  }

  /// - Parameter rank: of one picture's
  private func expanded(_ tensor: Tensor, rank: Int, _ range: Range<Int>) throws -> Tensor {
    if tensor.rank > rank && tensor.shape[0] == samples {
      return try tensor.narrowed(0, start: range.lowerBound, length: range.count)
    }
    return try tensor.expanded([range.count] + tensor.shape.suffix(rank))
  }

  private func check(_ embedding: Tensor, _ what: Complaint) throws {
    let (shape, width) = (embedding.shape, self.shape.width)
    let fits =
      shape.last == width
      && (shape.count == 2 || (shape.count == 3 && (shape[0] == samples || shape[0] == 1)))
    guard fits, shape[shape.count - 2] > 0 else {
      let batch = samples > 1 ? " or {\(samples), tokens, \(width)}" : ""
      throw PipelineError("\(what) must be of shape {tokens, \(width)}\(batch), got \(Shape.text(shape))")
    }
  }

  private func check(pooled: Tensor?, _ what: Complaint) throws {
    guard let width = shape.pooledWidth else {
      if pooled != nil { throw PipelineError("\(what) has no place in this model: it takes no pooled text") }
      return
    }
    guard let pooled else {
      throw PipelineError("this model also takes the pooled text: give \(what), as encode returns it")
    }
    let found = pooled.shape
    guard found == [width] || found == [samples, width] || found == [1, width] else {
      let batch = samples > 1 ? " or {\(samples), \(width)}" : ""
      throw PipelineError("\(what) must be of shape {\(width)}\(batch), got \(Shape.text(found))")
    }
  }
}

extension GenerateRequest.Condition {
  /// How many pictures the condition speaks of.
  var count: Int {
    switch self {
    case .texts(let texts): texts.count
    case .embedding(let embedding): embedding.rank == 3 ? embedding.shape[0] : 1
    case .embeddings(let list): list.first { $0.rank == 3 && $0.shape[0] != 1 }?.shape[0] ?? 1
    }
  }

  /// The setting by which it was given.
  func setting(text: Setting, embedding: Setting) -> Setting {
    if case .texts = self { text } else { embedding }
  }
}
