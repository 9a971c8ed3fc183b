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
    let files = try WeightFiles(path: path)
    let names = Set(files.names)
    guard !names.contains("clip_g") else {
      throw PipelineError(
        "\(path): an embedding for both text towers of Stable Diffusion XL (clip_l and clip_g), which is not read yet"
      )
    }
    guard names.count == 1, let name = names.first, AdapterKind.of(names) == nil else {
      throw PipelineError(
        "\(path): not a textual inversion embedding (a single tensor of one vector or several)")
    }
    // Only the extension goes: names like v1.3 have dots of their own.
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    let isNameless = TextualInversionFile.namelessKeys.contains(name)
    try self.init(files, tensor: name, token: token ?? (isNameless ? stem : name))
  }

  /// One of the embeddings in a file.
  init(_ files: WeightFiles, tensor name: String, token: String) throws {
    path = files.path
    self.files = files
    self.name = name
    self.token = token
    guard let shape = files.shape(of: name), (1...2).contains(shape.count), let width = shape.last, width > 0,
      shape[0] > 0
    else {
      throw PipelineError(
        "\(path): not a textual inversion embedding (a single tensor of one vector or several): '\(name)' has "
          + "shape \(Shape.text(files.shape(of: name) ?? []))")
    }
    self.width = width
    count = shape.count == 2 ? shape[0] : 1
    guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
      throw PipelineError("\(path): '\(token)' cannot be a token: it must be one word")
    }
  }

  /// The vectors, {count, width}.
  public func vectors() throws -> Tensor { try files.tensor(named: name).viewed([count, width]) }

  /// Throws if a word is there twice: which one a prompt means could not be told.
  static func checkTokens(_ embeddings: [TextualInversion]) throws {
    var owners: [String: String] = [:]
    for embedding in embeddings {
      guard let other = owners.updateValue(embedding.path, forKey: embedding.token.lowercased()) else {
        continue
      }
      throw PipelineError(
        "\(embedding.path): the word '\(embedding.token)' is also that of \(other): it needs another",
        cause: .tokenTaken)
    }
  }

  /// The text encoder's weights with the vectors after the last row of the token table.
  static func joined(_ embeddings: [TextualInversion], to source: any WeightSource) throws -> any WeightSource
  {
    let table = "embeddings.token_embedding.weight"
    guard let name = [table, "text_model." + table].first(where: { source.shape(of: $0) != nil }),
      let shape = source.shape(of: name), shape.count == 2
    else { return source }
    for embedding in embeddings where embedding.width != shape[1] {
      throw PipelineError(
        "\(embedding.path): '\(embedding.name)': vectors of \(embedding.width) numbers, the text encoder takes \(shape[1]): "
          + "the embedding was made for another model")
    }
    let rows = embeddings.reduce(shape[0]) { $0 + $1.count }
    return PatchedWeights(
      source, patches: [name: [{ try .concatenated([$0] + embeddings.map { try $0.vectors() }, dim: 0) }]],
      shapes: [name: [rows, shape[1]]])
  }
}

enum TextualInversionFile {
  /// Names under which some tools store the vectors of a nameless embedding.
  static let namelessKeys: Set<String> = ["emb_params", "string_to_param.*", "*", "clip_l"]

  /// Whether a file with these names holds an embedding: one tensor that is called as its token.
  static func isOne(_ names: Set<String>) -> Bool {
    names.count == 1 && names.allSatisfy { namelessKeys.contains($0) || !$0.contains(".") }
  }
}
