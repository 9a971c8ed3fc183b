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
    var bundle = try MIMEBundle(png: pngData(), plain: inWords)
    // Labels are better read as text; without any, the pixels say it all.
    if let sheet, sheet.hasLabels { bundle["image/svg+xml"] = .text(try sheet.svg()) }
    return bundle
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
      return try ContactSheet(
        images.map(\.image), columns: columns, spacing: call["spacing"] ?? 4, labels: call["labels"],
        background: call["background"]
      ).image()
    }
    try module.function("filmstrip(images, {count, labels, spacing, background})") { call in
      let images: [ImageOrTensor] = try call[1]
      let count: Int = try call["count"] ?? 8
      guard count >= 1 else {
        throw call.options.complaint("count", "integer of at least 1 expected, got \(count)")
      }
      let labels: [String]? = try call["labels"]
      if let labels, labels.count != images.count {
        throw call.options.complaint(
          "labels", "\(images.count) labels expected, one for each image, got \(labels.count)")
      }
      let shown = ContactSheet.places(count, of: images.count)
      return try ContactSheet(
        shown.map { images[$0].image }, columns: shown.count, spacing: call["spacing"] ?? 4,
        labels: shown.map { labels?[$0] ?? "\($0 + 1)" }, background: call["background"]
      ).image()
    }
    try module.function("animation(images, {delay, loops})") { call in
      let images: [ImageOrTensor] = try call[1]
      return try Animation(images.map(\.image), delay: call["delay"] ?? 0.1, loops: call["loops"] ?? 0)
    }
    try module.function("color_map(map, {colors, range})") { call in
      let map = try call.tensor(1, rank: 2)
      return try (call.colorMap("colors") ?? .viridis).image(of: map, range: call.floatRange("range"))
    }
    try module.value("color_maps", ColorMap.all.map(\.name))
  }
}

extension Animation: Displayable {
  public static var luaName: String { "animation" }

  func mimeBundle() throws -> MIMEBundle { try MIMEBundle(png: pngData(), plain: inWords) }

  private var inWords: String {
    "animation of \(frames.count) images \(frames[0].width) × \(frames[0].height)"
  }

  public static func describe(_ type: LuaType<Animation>) throws {
    try type.method("frames()") { animation, _ in animation.frames }
    try type.method("save(path)") { animation, call in
      let path: String = try call[1]
      guard path.hasSuffix(".png") || path.hasSuffix(".apng") else {
        throw LuaArgumentError(1, "name ending in .png or .apng expected, got '\(path)'")
      }
      try call.checkWriting(path)
      try animation.write(to: path)
    }
    try type.metamethod("__tostring") { animation, _ in animation.inWords }
    try type.showsItself()
  }
}
