import Models
import Neural
import Tensor
import Weights

/// A file of low-rank adapters and how strongly it counts.
public struct LoRA: Sendable {
  public let path: String
  /// 1: as trained.
  public let scale: Double
  let file: LoRAFile

  /// - Throws: an error that says what the file is, if it holds no LoRA.
  public init(path: String, scale: Double = 1) throws {
    guard scale.isFinite else {
      throw PipelineError("the scale of \(path) must be a finite number, got \(scale)")
    }
    self.path = path
    self.scale = scale
    file = try LoRAFile(path: path)
  }

  /// Weights with the adapters added in: W + scale · alpha / rank · up · down.
  static func merged(
    _ loras: [LoRA], into source: any WeightSource, component: String
  ) throws -> any WeightSource {
    var patches: [String: [PatchedWeights.Patch]] = [:]
    let targets = targets(source)
    for lora in loras {
      for pair in lora.file.pairs[component] ?? [] {
        guard let name = find(pair.module, in: targets), let shape = source.shape(of: name) else { continue }
        let change = try lora.change(pair, component: component, shape: shape, of: name)
        patches[name, default: []].append(change)
      }
    }
    return PatchedWeights(source, patches: patches)
  }

  /// Layers that the file changes and a part of the model does not have.
  func unmatched(in source: any WeightSource, component: String) -> [String] {
    let targets = Self.targets(source)
    return (file.pairs[component] ?? []).map(\.module).filter { Self.find($0, in: targets) == nil }
  }

  /// How many layers of a part the file changes.
  func count(component: String) -> Int { file.pairs[component]?.count ?? 0 }

  /// Names of weights by the path of their layer with underscores for dots.
  private static func targets(_ source: any WeightSource) -> [String: String] {
    var targets: [String: String] = [:]
    for name in source.names where name.hasSuffix(".weight") {
      targets[LoRAFile.flat(String(name.dropLast(".weight".count)))] = name
    }
    return targets
  }

  private static func find(_ module: String, in targets: [String: String]) -> String? {
    // The output projection of attention is the first of a list, which older files leave out.
    targets[module] ?? (module.hasSuffix("to_out") ? targets[module + "_0"] : nil)
  }

  private func change(
    _ pair: LoRAFile.Pair, component: String, shape: [Int], of name: String
  ) throws -> PatchedWeights.Patch {
    let (down, up) = (file.files.shape(of: pair.down) ?? [], file.files.shape(of: pair.up) ?? [])
    let inputs = shape.dropFirst().reduce(1, *)
    guard let rank = down.first, rank > 0, shape.count > 1, down.dropFirst().reduce(1, *) == inputs,
      up.reduce(1, *) == shape[0] * rank
    else {
      throw PipelineError(
        "\(path): the factors \(braced(up)) and \(braced(down)) of '\(pair.module)' do not fit '\(name)' "
          + "of shape \(braced(shape)): the adapter was made for another model")
    }
    let files = file.files
    for (name, shape) in [(pair.up, up), (pair.down, down)] {
      _ = try files.reader(named: name, shape: shape)
    }
    let alpha = try pair.alpha.map { Double(try files.tensor(named: $0).max().item()) }
    let weight = Float(
      scale * (alpha ?? file.statedAlpha(component: component) ?? Double(rank)) / Double(rank))
    return { weights in
      let left = try files.tensor(named: pair.up).viewed([shape[0], rank])
      let right = try files.tensor(named: pair.down).viewed([rank, inputs])
      return try weights.adding(left.matmul(right).viewed(shape).multiplying(weight))
    }
  }
}
