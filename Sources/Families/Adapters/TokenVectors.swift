import Models
import Neural
import Tensor
import Weights

/// The vectors of a new word for one text encoder, still in their file.
struct TokenVectors: Sendable {
  let token: String
  /// Of the tensor in the file.
  let name: String
  let count, width: Int
  private let files: WeightFiles

  var path: String { files.path }

  init(_ files: WeightFiles, tensor name: String, token: String) throws {
    (self.files, self.name, self.token) = (files, name, token)
    guard let shape = files.shape(of: name), (1...2).contains(shape.count), let width = shape.last, width > 0,
      shape[0] > 0
    else {
      throw PipelineError(
        "\(files.path): not a textual inversion embedding (a single tensor of one vector or several): '\(name)' has "
          + "shape \(Shape.text(files.shape(of: name) ?? []))")
    }
    self.width = width
    count = shape.count == 2 ? shape[0] : 1
  }

  /// {count, width}
  func tensor() throws -> Tensor { try files.tensor(named: name).viewed([count, width]) }

  /// A text encoder's weights with the vectors after the last row of the token table.
  static func joined(_ words: [TokenVectors], to source: any WeightSource) throws -> any WeightSource {
    let table = "embeddings.token_embedding.weight"
    guard let name = [table, "text_model." + table].first(where: { source.shape(of: $0) != nil }),
      let shape = source.shape(of: name), shape.count == 2
    else { return source }
    for word in words where word.width != shape[1] {
      throw PipelineError(
        "\(word.path): '\(word.name)': vectors of \(word.width) numbers, the text encoder takes \(shape[1]): "
          + "the embedding was made for another model")
    }
    let rows = words.reduce(shape[0]) { $0 + $1.count }
    return PatchedWeights(
      source, patches: [name: [{ try .concatenated([$0] + words.map { try $0.tensor() }, dim: 0) }]],
      shapes: [name: [rows, shape[1]]])
  }
}
