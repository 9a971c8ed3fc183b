import Models

/// What a file changes in one layer: names of its tensors by what they do.
struct AdapterLayer: Sendable {
  /// The layer's path as the file has it.
  let path: String
  /// The path with underscores for dots, without `text_model`.
  let module: String
  var tensors: [AdapterTensor.Role: String] = [:]
}

/// Where each tensor of a file goes, until all are accounted for.
struct AdapterLedger {
  private let path: String
  private var layers: [String: [AdapterLayer]] = [:]
  private var positions: [String: Int] = [:]
  private var words: [(token: String, key: String, tensor: String)] = []
  private var unknown: [String] = []

  private let families: FamilyRegistry

  init(path: String, families: FamilyRegistry) {
    self.path = path
    self.families = families
  }

  mutating func enter(_ name: String) throws {
    if name.hasPrefix(Self.bundlePrefix) {
      try enterWord(name)
      return
    }
    guard let tensor = AdapterTensor(name) else {
      unknown.append(name)
      return
    }
    let (component, layer) = try LoRAFile.place(of: tensor.stem, path, families)
    let module = LoRAFile.module(layer, of: component)
    let position = positions["\(component).\(module)"] ?? layers[component]?.count ?? 0
    if positions.updateValue(position, forKey: "\(component).\(module)") == nil {
      layers[component, default: []].append(AdapterLayer(path: layer, module: module))
    }
    if let other = layers[component]?[position].tensors.updateValue(name, forKey: tensor.role) {
      throw PipelineError("\(path): '\(other)' and '\(name)' are both \(tensor.role.words) of one layer")
    }
  }

  /// The layers, if nothing is left over.
  ///
  /// - Parameter hasSettings: whether settings go with a part of the model, which then say the scale
  func closed(_ hasSettings: (String) -> Bool) throws -> [String: [AdapterLayer]] {
    guard let first = unknown.first else {
      for (part, found) in layers {
        for layer in found { try check(layer, isScaled: hasSettings(part)) }
      }
      return layers
    }
    let others = unknown.count == 1 ? "" : " and \(unknown.count - 1) more"
    throw PipelineError(
      "\(path): nothing is known of '\(first)'\(others): leaving it out would change the result")
  }

  private typealias Role = AdapterTensor.Role
  /// What is of no use without another tensor.
  private static let needs: [(Role, [Role])] = [
    (.down, [.up]), (.up, [.down]), (.middle, [.down]), (.alpha, [.down, .tableDown]), (.upBias, [.down]),
    (.magnitude, [.down]), (.doraScale, [.down]), (.tableDown, [.tableUp]), (.tableUp, [.tableDown]),
  ]
  /// What cannot both be done to one layer.
  private static let conflicts: [(Role, Role)] = [
    (.down, .tableDown), (.magnitude, .doraScale), (.upBias, .magnitude), (.upBias, .doraScale),
    (.middle, .magnitude),
  ]

  private func check(_ layer: AdapterLayer, isScaled: Bool) throws {
    let products = layer.tensors.filter { $0.key.isProduct }.values.sorted()
    if let product = products.first { try check(layer, product, isScaled: isScaled) }
    for (role, others) in Self.needs {
      guard let name = layer.tensors[role], !others.contains(where: { layer.tensors[$0] != nil }),
        role != .alpha || products.isEmpty
      else { continue }
      throw PipelineError("\(path): '\(name)' has no counterpart (\(others[0].words) of the same layer)")
    }
    for (one, other) in Self.conflicts {
      guard let first = layer.tensors[one], let second = layer.tensors[other] else { continue }
      throw PipelineError("\(path): '\(first)' and '\(second)' cannot both change one layer")
    }
  }

  /// A layer that is changed by a product of matrices is changed by nothing else of low rank.
  private func check(_ layer: AdapterLayer, _ product: String, isScaled: Bool) throws {
    let isHadamard = product.contains(".hada_")
    for (role, name) in layer.tensors.sorted(by: { $0.value < $1.value }) {
      let fits =
        switch role {
        case .hadamard: isHadamard
        case .kronecker: !isHadamard
        case .alpha, .biasDifference, .weightDifference: true
        default: false
        }
      guard fits else {
        throw PipelineError("\(path): '\(product)' and '\(name)' cannot both change one layer")
      }
    }
    guard isScaled || layer.tensors[.alpha] != nil else {
      throw PipelineError(
        "\(path): '\(product)' has no alpha in its layer, by which it is scaled, nor settings of PEFT beside it"
      )
    }
  }

  private static let bundlePrefix = "bundle_emb."

  private mutating func enterWord(_ name: String) throws {
    let rest = name.dropFirst(Self.bundlePrefix.count)
    let keys = ["string_to_param.*", "emb_params", "clip_l", "clip_g"]
    guard let key = keys.first(where: { rest.hasSuffix(".\($0)") }), rest.count > key.count + 1 else {
      unknown.append(name)
      return
    }
    words.append((String(rest.dropLast(key.count + 1)), key, name))
  }

  /// Bundled embeddings by the names of their tensors.
  func bundle() throws -> [(token: String, tensors: TextualInversionFile.Vectors<String>)] {
    var tokens: [String] = []
    for word in words where !tokens.contains(word.token) { tokens.append(word.token) }
    return try tokens.map { token in
      let own = words.filter { $0.token == token }
      let names = Set(own.map(\.key))
      if TextualInversionFile.isForTowers(names), names.count == own.count {
        return (token, .towers(Dictionary(uniqueKeysWithValues: own.map { ($0.key, $0.tensor) })))
      }
      if own.count > 1 {
        throw PipelineError("\(path): '\(own[0].tensor)' and '\(own[1].tensor)' are both the word '\(token)'")
      }
      return (token, .one(own[0].tensor))
    }
  }
}
