import Models
import Tensor

/// One half of guidance over a run: the embedding of every step, checked before the loop starts.
struct Conditioning {
  /// What errors call it: `embedding` or `uncond`.
  let name: String
  private let width: Int
  private let samples: Int
  /// One for all steps, or one per step.
  private var embeddings: [Tensor]
  /// Set by `onStep`: holds for all later steps.
  private var assigned: Tensor?

  /// - Parameters:
  ///   - width: of the model's cross-attention.
  ///   - steps: how many steps a list must at least cover.
  ///   - schedule: how many it may at most have entries for; nil for `steps`
  init(
    _ embeddings: [Tensor], name: String, width: Int, samples: Int, steps: Int, schedule: Int? = nil
  ) throws {
    self.name = name
    self.width = width
    self.samples = samples
    self.embeddings = embeddings
    guard embeddings.count == 1 || embeddings.count >= steps else {
      throw PipelineError("\(name) has \(embeddings.count) entries for \(steps) steps")
    }
    guard embeddings.count <= max(schedule ?? steps, 1) else {
      throw PipelineError(
        "\(name) has \(embeddings.count) entries, and the schedule \(schedule ?? steps) steps")
    }
    for embedding in embeddings { try check(embedding, name) }
  }

  /// The embedding of a step (from 1), {tokens, d} or {pictures, tokens, d}.
  subscript(step: Int) -> Tensor { assigned ?? embeddings.cycled(step - 1) }

  /// The same off the tape.
  var detached: Conditioning {
    var copy = self
    copy.embeddings = embeddings.map(\.detached)
    copy.assigned = assigned?.detached
    return copy
  }

  mutating func assign(_ embedding: Tensor) throws {
    try check(embedding, "\(name) set by on_step")
    assigned = embedding
  }

  /// The rows of some pictures, {range.count, tokens, d}.
  func rows(step: Int, samples range: Range<Int>) throws -> Tensor {
    let embedding = self[step]
    if embedding.rank == 3 && embedding.shape[0] == samples {
      return try embedding.narrowed(0, start: range.lowerBound, length: range.count)
    }
    return try embedding.expanded([range.count] + embedding.shape.suffix(2))
  }

  private func check(_ embedding: Tensor, _ what: String) throws {
    let shape = embedding.shape
    let fits =
      shape.last == width
      && (shape.count == 2 || (shape.count == 3 && (shape[0] == samples || shape[0] == 1)))
    guard fits, shape[shape.count - 2] > 0 else {
      let batch = samples > 1 ? " or {\(samples), tokens, \(width)}" : ""
      throw PipelineError("\(what) must be of shape {tokens, \(width)}\(batch), got \(Shape.text(shape))")
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

  /// The field as errors call it.
  func name(text: String, embedding: String) -> String {
    if case .texts = self { text } else { embedding }
  }
}
