import Imaging
import Lua
import Models
import Notebook
import Sampling
import Tensor

/// What `model:generate` gives: pictures decode when they are first asked for.
final class LuaGenerated: Displayable {
  static let luaName = "generated"
  private let result: GenerateResult
  private let record: LuaRecord?
  /// Without lists in the request, latents come without the batch dimension.
  private let isSingle: Bool
  private var images: [Int: Image] = [:]

  init(_ result: GenerateResult, isSingle: Bool, record: Record? = nil) {
    self.result = result
    self.record = record.map { LuaRecord($0) }
    self.isSingle = isSingle
  }

  private func image(_ sample: Int) throws -> Image {
    if let known = images[sample] { return known }
    let image = try Image(result.image(sample))
    images[sample] = image
    return image
  }

  /// The picture, or all of them in a grid.
  func mimeBundle() throws -> MIMEBundle {
    let images = try allImages()
    let shown = images.count == 1 ? images[0] : try ContactSheet(images).image()
    var bundle = try shown.mimeBundle()
    bundle["text/plain"] = .text(inWords)
    return bundle
  }

  private var inWords: String { "generated: \(result.count) × \(result.width) × \(result.height) px" }

  func allImages() throws -> [Image] { try (0..<result.count).map(image) }

  static func describe(_ type: LuaType<LuaGenerated>) throws {
    type.property("image") { try $0.image(0) }
    type.property("images") { try $0.allImages() }
    type.property("latents") { try $0.result.latents.squeezed(if: $0.isSingle) }
    type.property("seeds") { $0.result.seeds }
    type.property("timesteps") { $0.result.timesteps }
    type.property("width") { $0.result.width }
    type.property("height") { $0.result.height }
    type.property("trace") { $0.result.trace.map { LuaTrace($0) } }
    type.property("record") { $0.record }
    type.property("tokens") { generated in
      LuaList(
        generated.result.tokens.map { tokens -> any LuaPushable in tokens.map { LuaTokens($0) } ?? false })
    }
    try type.metamethod("__len") { generated, _ in generated.result.count }
    try type.metamethod("__tostring") { generated, _ in generated.inWords }
    try type.showsItself()
  }
}

/// The loop before a step, in `on_step`.
final class LuaStepState: LuaUserdata {
  static let luaName = "step"
  private let state: StepState
  private let isSingle: Bool

  init(_ state: StepState, isSingle: Bool) {
    self.state = state
    self.isSingle = isSingle
  }

  static func describe(_ type: LuaType<LuaStepState>) throws {
    type.property("index") { $0.state.index }
    type.property("timestep") { $0.state.timestep }
    type.property(
      "latents", { try $0.state.latents.squeezed(if: $0.isSingle) }, set: { $0.state.latents = try $1[2] })
    type.property("embedding", { $0.state.embedding }, set: { $0.state.embedding = try $1[2] })
    type.property("pooled", { $0.state.pooled }, set: { $0.state.pooled = try $1[2] as Tensor })
    type.property(
      "uncond_pooled", { $0.state.uncondPooled }, set: { $0.state.uncondPooled = try $1[2] as Tensor })
    type.property("uncond", { $0.state.uncond }, set: { $0.state.uncond = try $1[2] as Tensor })
  }
}

/// The loop after a step, in `on_step_end`.
final class LuaStepEnd: LuaUserdata {
  static let luaName = "step_end"
  private let end: StepEnd
  private let isSingle: Bool

  init(_ end: StepEnd, isSingle: Bool) {
    self.end = end
    self.isSingle = isSingle
  }

  static func describe(_ type: LuaType<LuaStepEnd>) throws {
    type.property("index") { $0.end.index }
    type.property("timestep") { $0.end.timestep }
    type.property("latents") { try $0.end.latents.squeezed(if: $0.isSingle) }
    type.property("denoised") { try $0.end.denoised.squeezed(if: $0.isSingle) }
    type.property("noise_pred") { try $0.end.noisePrediction.squeezed(if: $0.isSingle) }
    try type.method("preview(index?)") { step, call in
      let index: Int = try call[1] ?? 1
      let count = step.end.denoised.shape[0]
      guard (1...max(count, 1)).contains(index) else {
        throw LuaArgumentError(1, "a picture from 1 to \(count) expected, got \(index)")
      }
      return try Image(step.end.preview(sample: index - 1))
    }
  }
}

extension Tensor {
  /// Without the batch dimension, where the request was for one picture.
  fileprivate func squeezed(if isSingle: Bool) throws -> Tensor {
    isSingle && rank > 0 && shape[0] == 1 ? try selected(0, 0) : self
  }
}
