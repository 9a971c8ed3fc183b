import Families
import Imaging
import Lua
import Models
import Platform
import Tensor

/// CLIP as scripts hold it: pictures and texts as unit vectors.
final class LuaClip: LuaUserdata {
  static let luaName = "clip"
  private let clip: CLIPModel
  /// What results that are kept are kept under: a hash of the files that it came from.
  private(set) lazy var identity = makeIdentity()
  private let makeIdentity: () -> String

  init(_ clip: CLIPModel, identity: @autoclosure @escaping () -> String) {
    self.clip = clip
    makeIdentity = identity
  }

  convenience init(folder: String) throws {
    self.init(
      try CLIPModel(ComponentSource(name: "clip", className: "CLIPModel", directory: folder)),
      identity: FileHash.sha256(of: folder) ?? folder)
  }

  /// The cosine of a picture {H, W, 3} and a text.
  func similarity(_ picture: Tensor, _ text: String) throws -> Float {
    let features = try clip.texts([text]).selected(0, 0)
    return try clip.image(picture).multiplying(features).sum().item()
  }

  static func describe(_ type: LuaType<LuaClip>) throws {
    type.property("width") { $0.clip.featureWidth }
    type.property("logit_scale") { $0.clip.logitScale }
    try type.method("image(image)") { clip, call in
      try clip.clip.image(call.argument(1, as: PictureArgument.self).pixels)
    }
    try type.method("text(text)") { clip, call in
      if call.slot(1).kind == .string {
        return try clip.clip.texts([call.argument(1, as: PromptText.self).text]).selected(0, 0)
      }
      return try clip.clip.texts(texts(call, 1))
    }
    try type.method("classify(image, texts)") { clip, call in
      try clip.clip.classify(call.argument(1, as: PictureArgument.self).pixels, texts(call, 2))
    }
  }

  private static func texts(_ call: LuaCall, _ position: Int) throws -> [String] {
    let texts: [PromptText] = try call[position]
    guard !texts.isEmpty else {
      throw LuaArgumentError(position, "at least one text expected, got an empty list")
    }
    return texts.map(\.text)
  }
}

/// A picture where an image or a tensor {H, W, C} will do.
struct PictureArgument: LuaReadable {
  let pixels: Tensor

  /// Red, green and blue; grey is repeated, alpha dropped.
  static func read(_ slot: LuaSlot) throws -> PictureArgument {
    PictureArgument(pixels: try ImageOrTensor.read(slot).image.opaque().tensor)
  }
}
