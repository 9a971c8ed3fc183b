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

  /// - Throws: an error that says what the file is, if it holds no LoRA, or what it holds that is not supported.
  public init(path: String, scale: Double = 1, families: FamilyRegistry = .standard) throws {
    guard scale.isFinite else {
      throw PipelineError("the scale of \(path) must be a finite number, got \(scale)")
    }
    self.path = path
    self.scale = scale
    file = try LoRAFile(path: path, families: families)
  }

  /// The file beside it that states its settings, where there is one.
  public var settingsPath: String? { file.settingsPath }

  /// Where an adapter's settings are looked for that are not in its file: PEFT's `adapter_config.json`.
  public static func settingsPlace(beside path: String) -> String { LoRAFile.settingsPlace(beside: path) }

  /// Words for the text encoder that the file brings along.
  func embeddings() throws -> [TextualInversion] {
    try file.embeddings.map { try TextualInversion(file.files, tensors: $0.tensors, token: $0.token) }
  }

  /// Weights with the adapters added in, one after the other.
  static func merged(
    _ loras: [LoRA], into source: any WeightSource, component: String
  ) throws -> any WeightSource {
    var changes: [String: [AdapterChange]] = [:]
    var additions: [String: [Int]] = [:]
    let targets = Targets(source)
    for lora in loras {
      for layer in lora.file.layers[component] ?? [] {
        guard let target = targets[layer.module] else { continue }
        let found = try LayerAdapter(lora, layer, target, component: component, source)
          .changes(afterBiasChange: changes[target.bias] != nil)
        for (name, change) in found {
          changes[name, default: []].append(change)
          if source.shape(of: name) == nil { additions[name] = [target.shape[0]] }
        }
      }
    }
    let patches = changes.mapValues { changes -> [PatchedWeights.Patch] in
      [{ own in try changes.reduce(AdaptedTensor(base: own, current: own)) { try $1($0) }.current }]
    }
    return PatchedWeights(source, patches: patches, additions: additions)
  }

  /// Layers that the file changes and a part of the model does not have.
  func unmatched(in source: any WeightSource, component: String) -> [String] {
    let targets = Targets(source)
    return (file.layers[component] ?? []).filter { targets[$0.module] == nil }.map(\.path)
  }

  /// How many layers of a part the file changes.
  func count(component: String) -> Int { file.layers[component]?.count ?? 0 }

  /// The layers of a part of the model, by their path with underscores for dots.
  private struct Targets {
    private var layers: [String: LayerAdapter.Target] = [:]
    /// Residual blocks per level of a UNet on the way down, by which the original code numbers its blocks.
    private let blocks: Int

    init(_ source: any WeightSource) {
      for name in source.names where name.hasSuffix(".weight") {
        let path = String(name.dropLast(".weight".count))
        layers[LoRAFile.flat(path)] = LayerAdapter.Target(path: path, shape: source.shape(of: name) ?? [])
      }
      blocks = (0...).first { source.shape(of: "down_blocks.0.resnets.\($0).conv1.weight") == nil } ?? 0
    }

    /// By the name in diffusers, or that of the original code (`input_blocks_1_1_…`), which some tools keep.
    subscript(module: String) -> LayerAdapter.Target? {
      if let layer = layers[module] { return layer }
      return LatentDiffusionNames.unet(flat: module, layers: blocks).flatMap { layers[LoRAFile.flat($0)] }
    }
  }
}
