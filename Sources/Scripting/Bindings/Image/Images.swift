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
    if let sheet, sheet.hasLabels { bundle[.svg] = .text(try sheet.svg()) }
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
    try type.method("crop(top, left, height, width)") { image, call in
      let given: [Int] = try (1...4).map { try call[$0] }
      for (position, (start, side)) in zip(given, [image.height, image.width]).enumerated() {
        guard (1...side).contains(start) else {
          throw LuaArgumentError(position + 1, "integer from 1 to \(side) expected, got \(start)")
        }
        let room = side - start + 1
        guard (1...room).contains(given[position + 2]) else {
          throw LuaArgumentError(
            position + 3, "integer from 1 to \(room) expected, got \(given[position + 2])")
        }
      }
      return try Image(
        image.tensor.narrowed(0, start: given[0] - 1, length: given[2])
          .narrowed(1, start: given[1] - 1, length: given[3]).contiguous())
    }
    type.index { image, call in
      PictureOrTensor(tensor: try image.tensor.indexed(call.tensorIndices(of: image.tensor)))
    }
    for (name, symbol, body) in PictureArithmetic.operators {
      try type.binary(name, symbol) { call in
        try PictureArithmetic.result(call.argument(0), call.argument(1), body)
      }
    }
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
      } catch { return LuaMany(LuaValue.nil, Wording.text(of: error)) }
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

/// A part of a picture: a picture where it is one, else a tensor.
private struct PictureOrTensor: LuaPushable {
  let tensor: Tensor

  func push(to state: LuaState) throws {
    guard tensor.rank == 3, let image = try? Image(tensor) else { return try tensor.push(to: state) }
    try image.push(to: state)
  }
}

/// Pictures added, weighed and subtracted pixel by pixel, with pictures, tensors and numbers.
private enum PictureArithmetic {
  typealias Body = @Sendable (Tensor, Tensor) throws -> Tensor

  static let operators: [(name: String, symbol: String, body: Body)] = [
    ("__add", "+", { try $0.adding($1) }), ("__sub", "-", { try $0.subtracting($1) }),
    ("__mul", "*", { try $0.multiplying($1) }), ("__div", "/", { try $0.dividing($1) }),
  ]

  struct PictureOperand: LuaReadable {
    let tensor: Tensor

    static func read(_ slot: LuaSlot) throws -> PictureOperand {
      if let number = slot.number { return PictureOperand(tensor: try .scalar(Float(number))) }
      guard slot.kind == .userdata, let operand = try? TensorOrImage.read(slot) else {
        throw LuaMismatch(expected: "image, tensor or number", got: slot)
      }
      return PictureOperand(tensor: operand.tensor)
    }
  }

  static func result(_ a: PictureOperand, _ b: PictureOperand, _ body: Body) throws -> Image {
    try Image(body(a.tensor, b.tensor))
  }
}
