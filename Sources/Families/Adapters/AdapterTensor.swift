/// What one tensor in an adapter's file is for, by its name.
struct AdapterTensor: Sendable {
  /// What a tensor does to its layer.
  enum Role: Sendable, Hashable {
    /// The factors of a low-rank change of a weight, and the convolution between them (Tucker's form).
    case down, up, middle
    /// One number that scales a low-rank change together with the rank.
    case alpha
    /// Added to the layer's bias, scaled as the low-rank change.
    case upBias
    /// Lengths of the rows of the changed weight (DoRA), in PEFT's spelling and in LyCORIS'.
    case magnitude, doraScale
    /// Added whole to the weight, to the bias.
    case weightDifference, biasDifference
    /// The factors of a change to a table of embeddings, transposed.
    case tableDown, tableUp
    /// Taken whole in place of the layer's own.
    case weight, bias
    /// Of products of two matrices: element by element (LoHa), or Kronecker's (LoKr).
    case hadamard(Factor), kronecker(Factor)
  }

  /// A factor of one of the two matrices of a product.
  struct Factor: Sendable, Hashable {
    enum Part: Sendable, Hashable {
      case whole, left, right, core
    }
    let number: Int
    let part: Part
  }

  /// The layer's path with what stands before it.
  let stem: String
  let role: Role

  /// Nil for a name that means nothing here.
  init?(_ name: String) {
    if let (stem, role) = AdapterTensor.peft(name) ?? AdapterTensor.suffixed(name) {
      (self.stem, self.role) = (stem, role)
    } else {
      return nil
    }
  }

  private static let suffixes: [(suffix: String, role: Role)] =
    [
      (".lora_down.weight", .down), (".lora_up.weight", .up), (".lora_mid.weight", .middle),
      (".lora.down.weight", .down), (".lora.up.weight", .up),
      (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
      ("_lora.down.weight", .down), ("_lora.up.weight", .up),
      (".lora_up.bias", .upBias), (".lora.up.bias", .upBias), (".lora_linear_layer.up.bias", .upBias),
      ("_lora.up.bias", .upBias), (".alpha", .alpha), (".dora_scale", .doraScale),
      (".diff", .weightDifference), (".diff_b", .biasDifference), (".w_norm", .weightDifference),
      (".b_norm", .biasDifference), (".base_layer.weight", .weight), (".base_layer.bias", .bias),
    ] + products

  private static let products: [(suffix: String, role: Role)] = [1, 2].flatMap {
    number -> [(suffix: String, role: Role)] in
    func factor(_ part: Factor.Part) -> Factor { Factor(number: number, part: part) }
    return [
      (".hada_w\(number)_a", .hadamard(factor(.left))), (".hada_w\(number)_b", .hadamard(factor(.right))),
      (".hada_t\(number)", .hadamard(factor(.core))), (".lokr_w\(number)", .kronecker(factor(.whole))),
      (".lokr_w\(number)_a", .kronecker(factor(.left))), (".lokr_w\(number)_b", .kronecker(factor(.right))),
      (".lokr_t\(number)", .kronecker(factor(.core))),
    ]
  }
  /// Ends of names that a weight of any kind may have: what else a name holds must not mean something.
  private static let plainSuffixes: [(suffix: String, role: Role)] = [
    (".weight", .weight), (".bias", .bias),
  ]

  private static func suffixed(_ name: String) -> (String, Role)? {
    if let found = suffixes.first(where: { name.hasSuffix($0.suffix) }) {
      return (String(name.dropLast(found.suffix.count)), found.role)
    }
    guard AdapterKind.unsupported(name) == nil, !name.contains("lora"),
      let found = plainSuffixes.first(where: { name.hasSuffix($0.suffix) })
    else { return nil }
    let stem = name.dropLast(found.suffix.count)
    let kept = ".modules_to_save"  // older versions of PEFT kept the wrapper's name
    return (String(stem.hasSuffix(kept) ? stem.dropLast(kept.count) : stem), found.role)
  }

  /// PEFT's names, with or without the adapter's own name in them.
  private static func peft(_ name: String) -> (String, Role)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let index = parts.lastIndex(where: { peftParts.contains(String($0)) }), index > 0 else {
      return nil
    }
    let rest = parts[(index + 1)...].map(String.init)
    guard let role = role(of: String(parts[index]), rest) else { return nil }
    return (parts[..<index].joined(separator: "."), role)
  }

  private static let peftParts: Set<String> = [
    "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
  ]

  /// - Parameter rest: what follows in the name: nothing, `weight`, or the adapter's name and either
  private static func role(of part: String, _ rest: [String]) -> Role? {
    switch part {
    case "lora_A", "lora_B":
      guard (1...2).contains(rest.count) else { return nil }
      switch rest.last {
      case "weight": return part == "lora_A" ? .down : .up
      case "bias": return part == "lora_B" ? .upBias : nil
      default: return nil
      }
    case "lora_magnitude_vector":
      return rest.count < 2 || (rest.count == 2 && rest[1] == "weight") ? .magnitude : nil
    default:
      guard rest.count < 2 else { return nil }
      return part == "lora_embedding_A" ? .tableDown : .tableUp
    }
  }
}

extension AdapterTensor.Role {
  /// In a message, after "two tensors that are".
  var words: String {
    switch self {
    case .down: "the lower factor"
    case .up: "the upper factor"
    case .middle: "the middle factor"
    case .alpha: "the alpha"
    case .upBias, .biasDifference: "a change of the bias"
    case .magnitude, .doraScale: "DoRA's magnitude"
    case .weightDifference: "a change of the weight"
    case .tableDown, .tableUp: "a factor of the table's change"
    case .weight: "the weight"
    case .bias: "the bias"
    case .hadamard, .kronecker: "one factor of a product"
    }
  }

  /// Whether it is a factor of a low-rank change or of a product.
  var isFactor: Bool {
    switch self {
    case .down, .up, .tableDown, .tableUp: true
    default: isProduct
    }
  }

  /// In PEFT's words.
  var kind: PEFTConfig.Kind {
    switch self {
    case .hadamard: .hadamard
    case .kronecker: .kronecker
    default: .lora
    }
  }

  var isProduct: Bool {
    switch self {
    case .hadamard, .kronecker: true
    default: false
    }
  }
}
