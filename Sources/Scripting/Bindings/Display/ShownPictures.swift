import Imaging
import Lua
import Notebook
import Tensor

/// What `lunette.display` makes of a list of pictures, and of pictures that are to be shown at a size.
struct ShownPictures {
  let bundle: MIMEBundle
  /// Pixels on the page, where the caller said how large pictures are to be: a page enlarges small ones otherwise.
  let width: Int?

  /// Nil for a value that shows itself as it is.
  static func read(_ call: LuaCall) throws -> ShownPictures? {
    let (size, columns): (Int?, Int?) = (try call["size"], try call["columns"])
    let labels: [String]? = try call["labels"]
    let slot = call.slot(1)
    let asks = ["size": size != nil, "columns": columns != nil, "labels": labels != nil]
    if let size, columns == nil, labels == nil, let animation = try? Animation.read(slot) {
      return ShownPictures(
        bundle: try animation.mimeBundle(), width: try sized(animation, longSide: size, call))
    }
    guard var images = try pictures(slot) else {
      if let asked = asks.keys.sorted().first(where: { asks[$0] == true }) {
        throw call.options.complaint(asked, "goes only with pictures, got \(slot.described)")
      }
      return nil
    }
    if let size { try check(size, call) }
    guard columns ?? 1 >= 1 else {
      throw call.options.complaint("columns", "integer of at least 1 expected, got \(columns ?? 0)")
    }
    if let size { images = try images.map { try $0.shown(longSide: size) } }
    let isAlone = slot.kind != .table && labels == nil && images.count == 1
    let shown =
      try isAlone
      ? images[0] : ContactSheet(images, columns: columns, labels: labels, enlarges: size == nil).image()
    return ShownPictures(bundle: try shown.mimeBundle(), width: size.map { _ in shown.width })
  }

  private static func check(_ size: Int, _ call: LuaCall) throws {
    guard (1...1 << 14).contains(size) else {
      throw call.options.complaint("size", "pixels from 1 to \(1 << 14) expected, got \(size)")
    }
  }

  private static func sized(_ animation: Animation, longSide size: Int, _ call: LuaCall) throws -> Int {
    try check(size, call)
    let frame = animation.frames[0]
    return max(1, frame.width * size / max(frame.width, frame.height, 1))
  }

  /// The pictures of an image, of a result, or of a list of either; nil for anything else.
  private static func pictures(_ slot: LuaSlot) throws -> [Image]? {
    if slot.kind == .userdata {
      if let image = try? Image.read(slot) { return [image] }
      return try (try? LuaGenerated.read(slot))?.allImages()
    }
    guard slot.kind == .table, slot.count > 0, try slot.metafield("__mimebundle").isNil else { return nil }
    var images: [Image] = []
    for place in 1...slot.count {
      guard let found = try slot.withItem(place, { $0.kind == .userdata ? try pictures($0) : nil }) else {
        return nil
      }
      images += found
    }
    return images
  }
}

extension Image {
  /// With its longer side of so many pixels: pixels of small pictures stay squares, large ones are averaged.
  fileprivate func shown(longSide: Int) throws -> Image {
    let long = max(height, width)
    guard long != longSide else { return self }
    func scaled(_ side: Int) -> Int { max(1, (side * longSide + long / 2) / long) }
    return try resized(
      height: scaled(height), width: scaled(width), mode: longSide > long ? .nearest : .area)
  }
}
