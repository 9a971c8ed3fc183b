import Models
import Neural
import Tensor
import Weights

/// New words for the text encoder (Gal et al., "An Image is Worth One Word", 2022): a token, and one or more vectors
/// that take the place of its embedding.
public struct TextualInversion: Sendable {
  public let path: String
  /// What stands for the vectors in a prompt.
  public let token: String
  /// Number of vectors.
  public let count: Int

  private let files: WeightFiles
  private let name: String
  private let width: Int

  /// - Parameter token: nil takes the file's own; in files that name none, the file's name
  /// - Throws: an error that says what the file is, if it holds no embedding.
  public init(path: String, token: String? = nil) throws {
    self.path = path
    files = try WeightFiles(path: path)
    guard TextualInversionFile.isOne(Set(files.names)), let name = files.names.first,
      let shape = files.shape(of: name), (1...2).contains(shape.count), let width = shape.last, width > 0
    else {
      throw PipelineError(
        "\(path): not a textual inversion embedding (a single tensor of one vector or several)")
    }
    self.name = name
    self.width = width
    count = shape.count == 2 ? shape[0] : 1
    let stem = path.split(separator: "/").last?.split(separator: ".").first.map(String.init)
    self.token = token ?? (name == TextualInversionFile.namelessKey ? stem ?? name : name)
    guard count > 0, !self.token.isEmpty, !self.token.contains(where: \.isWhitespace) else {
      throw PipelineError("\(path): '\(self.token)' cannot be a token: it must be one word")
    }
  }

  /// The vectors, {count, width}.
  public func vectors() throws -> Tensor { try files.tensor(named: name).viewed([count, width]) }

  /// The text encoder's weights with the vectors after the last row of the token table.
  static func joined(_ embeddings: [TextualInversion], to source: any WeightSource) throws -> any WeightSource
  {
    let table = "embeddings.token_embedding.weight"
    guard let name = [table, "text_model." + table].first(where: { source.shape(of: $0) != nil }),
      let shape = source.shape(of: name), shape.count == 2
    else { return source }
    for embedding in embeddings where embedding.width != shape[1] {
      throw PipelineError(
        "\(embedding.path): vectors of \(embedding.width) numbers, the text encoder takes \(shape[1]): "
          + "the embedding was made for another model")
    }
    let rows = embeddings.reduce(shape[0]) { $0 + $1.count }
    return PatchedWeights(
      source, patches: [name: [{ try .concatenated([$0] + embeddings.map { try $0.vectors() }, dim: 0) }]],
      shapes: [name: [rows, shape[1]]])
  }
}

enum TextualInversionFile {
  /// The name under which some tools store the vectors of a nameless embedding.
  static let namelessKey = "emb_params"

  /// Whether a file with these names holds an embedding: one tensor that is called as its token.
  static func isOne(_ names: Set<String>) -> Bool {
    names.count == 1 && names.allSatisfy { $0 == namelessKey || !$0.contains(".") }
  }
}
