import Models
import Neural
import Tensor
import Weights

/// New words for the text encoders (Gal et al., "An Image is Worth One Word", 2022): a token, and one or more vectors
/// that take the place of its embedding, for each encoder of the model their own.
public struct TextualInversion: Sendable {
  public let path: String
  /// What stands for the vectors in a prompt.
  public let token: String
  /// Number of vectors, the same for each encoder.
  public let count: Int

  private let vectors: TextualInversionFile.Vectors<TokenVectors>

  /// - Parameter token: nil takes the file's own; in files that name none, the file's name
  /// - Throws: an error that says what the file is, if it holds no embedding.
  public init(path: String, token: String? = nil) throws {
    let files = try WeightFiles(path: path)
    let names = Set(files.names)
    // Only the extension goes: names like v1.3 have dots of their own.
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    if TextualInversionFile.isForTowers(names) {
      let tensors = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
      try self.init(files, tensors: .towers(tensors), token: token ?? stem)
      return
    }
    guard names.count == 1, let name = names.first, AdapterKind.of(names) == nil else {
      throw PipelineError(
        "\(path): not a textual inversion embedding (a single tensor of one vector or several, or clip_l and clip_g)"
      )
    }
    let isNameless = TextualInversionFile.namelessKeys.contains(name)
    try self.init(files, tensors: .one(name), token: token ?? (isNameless ? stem : name))
  }

  /// One of the embeddings in a file, by the names of its tensors.
  init(_ files: WeightFiles, tensors: TextualInversionFile.Vectors<String>, token: String) throws {
    path = files.path
    self.token = token
    vectors = try tensors.map { try TokenVectors(files, tensor: $0, token: token) }
    let all = vectors.all
    guard let first = all.first, all.allSatisfy({ $0.count == first.count }) else {
      let counts = all.map { "\($0.count) in '\($0.name)'" }.joined(separator: ", ")
      throw PipelineError(
        "\(path): '\(token)' must have equally many vectors for each text encoder, got \(counts)")
    }
    count = first.count
    guard !token.isEmpty, !token.contains(where: \.isWhitespace) else {
      throw PipelineError("\(path): '\(token)' cannot be a token: it must be one word")
    }
  }

  /// The vectors for a text encoder.
  ///
  /// - Parameters:
  ///   - component: the encoder's name in its model
  ///   - family: of the model
  /// - Throws: `PipelineError` if the file is for models with more or fewer encoders.
  func vectors(for component: String, of family: ModelFamily) throws -> TokenVectors {
    let names = vectors.all.map(\.name).joined(separator: ", ")
    switch vectors {
    case .one(let vectors) where family.embeddingKeys.isEmpty: return vectors
    case .towers(let towers):
      if let key = family.embeddingKeys[component], let found = towers[key] { return found }
      guard family.embeddingKeys.isEmpty else { fallthrough }
      throw PipelineError(
        "\(path): an embedding for several text encoders (\(names)), as Stable Diffusion XL has them; models of "
          + "\(family.name) have one")
    case .one:
      let keys = family.embeddingKeys.sorted { $0.key < $1.key }.map { "\($0.value) for \($0.key)" }
      throw PipelineError(
        "\(path): an embedding for one text encoder (\(names)); models of \(family.name) have several and need vectors "
          + "for each (\(keys.joined(separator: ", ")))")
    }
  }

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
}

enum TextualInversionFile {
  /// Names under which some tools store the vectors of a nameless embedding.
  static let namelessKeys: Set<String> = ["emb_params", "string_to_param.*", "*", "clip_l"]
  /// Names under which the vectors for the two text towers of Stable Diffusion XL are stored.
  static let towerKeys: Set<String> = ["clip_l", "clip_g"]

  /// Whether a file with these names holds an embedding: one tensor that is called as its token, or one for each tower.
  static func isOne(_ names: Set<String>) -> Bool {
    isForTowers(names)
      || (names.count == 1 && names.allSatisfy { namelessKeys.contains($0) || !$0.contains(".") })
  }

  /// Whether the names are those of a text tower beside the first.
  static func isForTowers(_ names: Set<String>) -> Bool {
    names.isSubset(of: towerKeys) && names.contains("clip_g")
  }

  /// What an embedding has for each text encoder.
  enum Vectors<Value: Sendable>: Sendable {
    /// For models with a single encoder.
    case one(Value)
    /// By the encoder's name in the file: `clip_l`, `clip_g`.
    case towers([String: Value])

    /// In a fixed order.
    var all: [Value] {
      switch self {
      case .one(let value): [value]
      case .towers(let towers): towers.sorted { $0.key < $1.key }.map(\.value)
      }
    }

    func map<Other>(_ change: (Value) throws -> Other) rethrows -> Vectors<Other> {
      switch self {
      case .one(let value): .one(try change(value))
      case .towers(let towers): .towers(try towers.mapValues(change))
      }
    }
  }
}
