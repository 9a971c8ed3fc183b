import Imaging
import Lua
import Notebook
import Tensor

extension Image: Displayable {
  public static var luaName: String { "image" }

  public var luaMemory: (owner: AnyObject, bytes: Int)? { tensor.luaMemory }

  func mimeBundle() throws -> MIMEBundle {
    guard height * width <= 100_000_000 else {
      throw LuaError(
        message: "an \(inWords) is too large to be shown, which takes at most 100 million pixels; resize it")
    }
    return try MIMEBundle(png: pngData(), plain: inWords)
  }

  private var inWords: String { "image \(width) × \(height)" }

  public static func describe(_ type: LuaType<Image>) throws {
    type.property("height") { $0.height }
    type.property("width") { $0.width }
    type.property("channels") { $0.channels }
    try type.method("size(dim?)") { image, call -> LuaMany in
      if call.slot(1).isNothing { return LuaMany(image.tensor.shape) }
      return try LuaMany(image.tensor.shape[call.dimension(1, rank: 3)])
    }
    try type.method("tensor()") { image, _ in image.tensor }
    try type.method("save(path)") { image, call in
      let path: String = try call[1]
      guard path.hasSuffix(".png") else {
        throw LuaArgumentError(1, "name ending in .png expected, got '\(path)'")
      }
      try call.checkWriting(path)
      try image.write(to: path)
    }
    try type.method("resize(height, width, mode?)") { image, call in
      let (height, width) = try call.newSize()
      return try image.resized(height: height, width: width, mode: call.resampleMode(3))
    }
    try type.method("rgb()") { image, _ in try image.rgb() }
    try type.metamethod("__tostring") { image, _ in image.inWords }
    try type.showsItself()
  }
}

extension Bindings {
  /// `lunette.image`: pictures from files, tensors and other pictures.
  static func addImage(to lunette: LuaModule) throws {
    let module = try lunette.module("image")
    try module.function("open(path)") { call -> LuaMany in
      let path: String = try call[1]
      do {
        try call.checkReading(path)
        return LuaMany(try Image(contentsOf: path))
      } catch { return LuaMany(LuaValue.nil, "\(error)") }
    }
    try module.function("new(tensor)") { call in try call.argument(1, as: ImageOrTensor.self).image }
    try module.function("grid(images, {columns, labels, spacing, background})") { call in
      let images: [ImageOrTensor] = try call[1]
      guard !images.isEmpty else {
        throw LuaArgumentError(1, "at least one image expected, got an empty list")
      }
      let columns: Int? = try call["columns"]
      guard columns ?? 1 >= 1 else {
        throw call.options.complaint("columns", "integer of at least 1 expected, got \(columns ?? 0)")
      }
      return try Image.grid(
        images.map(\.image), columns: columns, spacing: call["spacing"] ?? 4, labels: call["labels"],
        background: call["background"])
    }
    try module.function("color_map(map, {colors, range})") { call in
      let map = try call.tensor(1, rank: 2)
      return try (call.colorMap("colors") ?? .viridis).image(of: map, range: call.floatRange("range"))
    }
    try module.value("color_maps", ColorMap.all.map(\.name))
  }
}
