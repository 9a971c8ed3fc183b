import Imaging
import Lua
import Notebook

/// A plot as scripts hold it.
struct LuaPlot: Displayable {
  static let luaName = "plot"
  let drawing: Drawing
  private let svg: String

  /// Draws at once, so that what is wrong is said where the plot is made.
  init(_ drawing: Drawing) throws {
    self.drawing = drawing
    svg = try drawing.svg()
  }

  private var inWords: String { drawing.title.map { "plot '\($0)'" } ?? "plot" }

  func mimeBundle() throws -> MIMEBundle {
    var bundle = MIMEBundle(plain: inWords)
    bundle[.svg] = .text(svg)
    return bundle
  }

  static func describe(_ type: LuaType<LuaPlot>) throws {
    try type.method("svg()") { plot, _ in plot.svg }
    try type.method("save(path)") { plot, call in
      let path: String = try call[1]
      try call.checkWriting(path)
      if path.hasSuffix(".png") {
        try Image(drawing: plot.svg, scale: 2).write(to: path)
      } else if path.hasSuffix(".svg") {
        try TextFile.write(plot.svg, to: path)
      } else if path.hasSuffix(".pdf") {
        try PDF.write(svg: plot.svg, to: path)
      } else {
        throw LuaArgumentError(1, "name ending in .svg, .pdf or .png expected, got '\(path)'")
      }
    }
    try type.method("image({scale})") { plot, call in try Image(drawing: plot.svg, scale: call["scale"] ?? 2)
    }
    try type.method("text({columns, rows})") { plot, call in
      try plot.drawing.text(columns: call["columns"] ?? 72, rows: call["rows"] ?? 16)
    }
    try type.metamethod("__tostring") { plot, _ in plot.inWords }
    try type.showsItself()
  }
}
