import Models
import Neural
import Tensor
import Weights

/// A tensor of the model while adapters change it.
struct AdaptedTensor {
  /// Without any low-rank change: what DoRA measures.
  var base: Tensor
  var current: Tensor
}

typealias AdapterChange = @Sendable (AdaptedTensor) throws -> AdaptedTensor

/// What one adapter does to one layer of the model.
///
/// Low-rank changes are W + s · up · down with s = scale · alpha / rank. With magnitudes m (Liu et al., "DoRA:
/// Weight-Decomposed Low-Rank Adaptation", 2024) each row becomes m · (W + s · up · down) / ‖W₀ + s · up · down‖,
/// where W₀ is the model's own weight and W what the adapters before have made of it, as in PEFT.
struct LayerAdapter {
  /// A layer of the model.
  struct Target {
    /// With dots.
    let path: String
    /// Of its weight.
    let shape: [Int]

    var weight: String { path + ".weight" }
    var bias: String { path + ".bias" }
    /// Numbers that one output depends on.
    var inputs: Int { shape.dropFirst().reduce(1, *) }
  }

  private let lora: LoRA
  private let layer: AdapterLayer
  private let target: Target
  private let component: String
  private let source: any WeightSource

  private var files: WeightFiles { lora.file.files }
  private var tensors: [AdapterTensor.Role: String] { layer.tensors }
  private var strength: Float { Float(lora.scale) }

  /// - Throws: `PipelineError` if the file's tensors do not fit the layer or contradict the file's settings.
  init(
    _ lora: LoRA, _ layer: AdapterLayer, _ target: Target, component: String, _ source: any WeightSource
  ) throws {
    self.lora = lora
    self.layer = layer
    self.target = target
    self.component = component
    self.source = source
    if let config = lora.file.configs[component] {
      try config.check(layer, at: target.path)
    } else if let name = tensors[.weight] ?? tensors[.bias], tensors[.tableDown] == nil {
      throw PipelineError(
        "\(lora.path): '\(name)' would replace the model's own, and no setting of PEFT (modules_to_save, bias) "
          + "says so")
    }
    if let name = tensors[.weight] ?? tensors[.bias], tensors[.tableDown] == nil, lora.scale != 1 {
      throw PipelineError(
        "\(lora.path): '\(name)' takes the place of the model's own whole: the adapter's scale must be 1, "
          + "got \(lora.scale)")
    }
  }

  /// Changes by the name of the model's tensor, in order.
  ///
  /// - Parameter hasBias: whether adapters before this one have changed the layer's bias
  func changes(afterBiasChange hasBias: Bool) throws -> [(name: String, change: AdapterChange)] {
    var changes: [(String, AdapterChange)] = []
    let whole = [
      AdapterTensor.Role.weight: (target.weight, target.shape),
      .bias: (target.bias, target.shape.prefix(1).map(\.self)),
    ]
    for (role, (name, shape)) in whole.sorted(by: { $0.value.0 < $1.value.0 }) {
      if let stored = tensors[role] { changes.append((name, try replacement(stored, shape))) }
    }
    if tensors[.tableDown] != nil { changes.append((target.weight, try tableChange())) }
    if let delta = try product() { changes.append((target.weight, { try $0.adding(delta()) })) }
    if let delta = try lowRank() {
      let magnitude = try magnitude()
      changes.append((target.weight, Self.change(by: delta, magnitude)))
      if let magnitude, hasBias, magnitude.areRows {
        changes.append((target.bias, scaledBias(delta, magnitude)))
      }
      if let name = tensors[.upBias] {
        changes.append((target.bias, try biasChange(name, times: try factor())))
      }
    }
    if let name = tensors[.weightDifference] {
      let (difference, strength) = (try stored(name, target.shape), strength)
      changes.append((target.weight, { try $0.adding(difference().multiplying(strength)) }))
    }
    if let name = tensors[.biasDifference] {
      changes.append((target.bias, try biasChange(name, times: strength)))
    }
    return changes
  }

  // MARK: Reading

  private func fault(_ name: String, _ found: [Int], _ model: String, _ shape: [Int]) -> PipelineError {
    PipelineError(
      "\(lora.path): '\(name)' of shape \(Shape.text(found)) does not fit '\(model)' of shape \(Shape.text(shape)): "
        + "the adapter was made for another model")
  }

  /// A tensor of the file that has as many numbers as `shape`, dimension by dimension but for ones.
  private func stored(_ name: String, _ shape: [Int], of model: String? = nil) throws
    -> @Sendable () throws -> Tensor
  {
    let found = files.shape(of: name) ?? []
    guard found.filter({ $0 != 1 }) == shape.filter({ $0 != 1 }) else {
      throw fault(name, found, model ?? target.weight, shape)
    }
    _ = try files.reader(named: name, shape: found)
    return { [files] in try files.tensor(named: name).viewed(shape) }
  }

  /// The rank, and s without the adapter's scale.
  private func rank() -> Int {
    (tensors[.down] ?? tensors[.tableDown]).flatMap { files.shape(of: $0)?.first } ?? 0
  }

  private func factor() throws -> Float {
    try factor(rank: rank())
  }

  /// - Parameter rank: nil for two whole matrices, which LyCORIS does not scale, and PEFT does
  private func factor(rank: Int?) throws -> Float {
    if let config = lora.file.configs[component] {
      return Float(lora.scale * (try config.scale(of: target.path, rank: rank)))
    }
    guard let name = tensors[.alpha], let rank else { return strength }
    guard files.shape(of: name)?.reduce(1, *) == 1 else {
      throw PipelineError(
        "\(lora.path): '\(name)' must be one number, has shape \(Shape.text(files.shape(of: name) ?? []))")
    }
    let alpha = Double(try files.tensor(named: name).max().item())
    guard alpha.isFinite else {
      throw PipelineError("\(lora.path): '\(name)' is \(alpha), no number to scale by")
    }
    return Float(lora.scale * alpha / Double(rank))
  }

  // MARK: Low-rank changes

  /// s · up · down in the weight's shape; nil if the file holds none for the layer.
  private func lowRank() throws -> (@Sendable () throws -> Tensor)? {
    guard let downName = tensors[.down], let upName = tensors[.up] else { return nil }
    let (down, up) = (files.shape(of: downName) ?? [], files.shape(of: upName) ?? [])
    let (shape, inputs, rank) = (target.shape, target.inputs, rank())
    if let middle = tensors[.middle] { return try tucker(down: downName, middle: middle, up: upName) }
    guard rank > 0, shape.count > 1, down.count > 1, down[1] == shape[1],
      down.dropFirst().reduce(1, *) == inputs,
      up.first == shape[0], up.reduce(1, *) == shape[0] * rank
    else {
      throw PipelineError(
        "\(lora.path): the factors \(Shape.text(up)) and \(Shape.text(down)) of '\(layer.path)' do not fit '\(target.weight)' "
          + "of shape \(Shape.text(shape)): the adapter was made for another model")
    }
    let (left, right) = (try stored(upName, [shape[0], rank]), try stored(downName, down))
    let factor = try factor()
    return { try left().matmul(right().viewed([rank, inputs])).viewed(shape).multiplying(factor) }
  }

  /// The scaled change of LoHa and LoKr; nil if the file holds none for the layer.
  private func product() throws -> (@Sendable () throws -> Tensor)? {
    guard let role = tensors.keys.first(where: \.isProduct) else { return nil }
    let change = ProductChange(files: files, tensors: tensors, target: target)
    let isHadamard = if case .hadamard = role { true } else { false }
    let (delta, rank) = isHadamard ? try change.hadamard() : try change.kronecker()
    let factor = try factor(rank: rank)
    return { try delta().multiplying(factor) }
  }

  /// LyCORIS' form for convolutions: a 1 × 1 convolution to the rank, one of the layer's kernel, and one back.
  private func tucker(down: String, middle: String, up: String) throws -> @Sendable () throws -> Tensor {
    let (shape, rank) = (target.shape, rank())
    guard rank > 0, shape.count == 4 else {
      throw fault(middle, files.shape(of: middle) ?? [], target.weight, shape)
    }
    let kernel = shape[2] * shape[3]
    let right = try stored(down, [rank, shape[1]])
    let core = try stored(middle, [rank, rank, shape[2], shape[3]])
    let left = try stored(up, [shape[0], rank])
    let factor = try factor()
    return {
      let inner = try core().viewed([rank, rank, kernel]).permuted([0, 2, 1]).contiguous()
        .viewed([rank * kernel, rank]).matmul(right())  // {rank · kernel, inputs}
      let outer = try left().matmul(inner.viewed([rank, kernel * shape[1]]))  // {outputs, kernel · inputs}
      return try outer.viewed([shape[0], kernel, shape[1]]).permuted([0, 2, 1]).contiguous().viewed(shape)
        .multiplying(factor)
    }
  }

  private static func change(by delta: @escaping @Sendable () throws -> Tensor, _ magnitude: Magnitude?)
    -> AdapterChange
  {
    { adapted in
      let delta = try delta()
      guard let magnitude else { return try adapted.adding(delta) }
      let factor = try magnitude.factor(adapted.base.adding(delta))
      return AdaptedTensor(base: adapted.base, current: try adapted.current.adding(delta).multiplying(factor))
    }
  }

  // MARK: DoRA

  /// Lengths that the rows of a weight shall have, or its columns.
  private struct Magnitude: Sendable {
    let lengths: @Sendable () throws -> Tensor
    /// The dimensions over which lengths are measured.
    let dims: [Int]

    var areRows: Bool { dims.first == 1 }

    /// By what each row is multiplied, in a shape that spreads over the weight's.
    func factor(_ weight: Tensor) throws -> Tensor {
      try lengths().dividing(weight.norm(dims: dims, keepDim: true))
    }
  }

  private func magnitude() throws -> Magnitude? {
    guard let name = tensors[.magnitude] ?? tensors[.doraScale] else { return nil }
    let (shape, found) = (target.shape, files.shape(of: name) ?? [])
    let others = shape.indices.dropFirst().map(\.self)
    // LyCORIS' first versions measured columns; the shape tells, {1, inputs, 1, 1} instead of {outputs, 1, 1, 1}.
    let areColumns = tensors[.doraScale] != nil && found.count > 1 && found[0] == 1 && shape[0] != 1
    if areColumns {
      let lengths = try stored(name, shape.indices.map { $0 == 1 ? shape[1] : 1 })
      return Magnitude(lengths: lengths, dims: shape.indices.filter { $0 != 1 })
    }
    return Magnitude(lengths: try stored(name, [shape[0]] + others.map { _ in 1 }), dims: others)
  }

  /// DoRA scales what adapters before it have added to the bias: PEFT takes it for a part of the product.
  private func scaledBias(
    _ delta: @escaping @Sendable () throws -> Tensor, _ magnitude: Magnitude
  ) -> AdapterChange {
    let (source, weight, outputs) = (source, target.weight, target.shape[0])
    return { adapted in
      let factor = try magnitude.factor(source.tensor(named: weight).adding(delta())).viewed([outputs])
      let change = try adapted.current.subtracting(adapted.base).multiplying(factor)
      return AdaptedTensor(base: adapted.base, current: try adapted.base.adding(change))
    }
  }

  // MARK: Others

  private func tableChange() throws -> AdapterChange {
    guard let downName = tensors[.tableDown], let upName = tensors[.tableUp] else { return { $0 } }
    let (shape, rank) = (target.shape, rank())
    guard rank > 0, shape.count == 2 else {
      throw fault(downName, files.shape(of: downName) ?? [], target.weight, shape)
    }
    let (down, up) = (try stored(downName, [rank, shape[0]]), try stored(upName, [shape[1], rank]))
    let factor = try factor()
    return { try $0.adding(up().matmul(down()).transposed(0, 1).contiguous().multiplying(factor)) }
  }

  private func biasChange(_ name: String, times factor: Float) throws -> AdapterChange {
    let change = try stored(name, [target.shape[0]], of: target.bias)
    return { try $0.adding(change().multiplying(factor)) }
  }

  private func replacement(_ name: String, _ shape: [Int]) throws -> AdapterChange {
    let stored = try stored(name, shape, of: tensors[.bias] == name ? target.bias : target.weight)
    return { adapted in
      let own = try stored()
      return AdaptedTensor(base: own, current: try own.adding(adapted.current.subtracting(adapted.base)))
    }
  }
}

extension AdaptedTensor {
  fileprivate func adding(_ change: Tensor) throws -> AdaptedTensor {
    AdaptedTensor(base: base, current: try current.adding(change))
  }
}
