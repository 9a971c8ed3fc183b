import Imaging
import Lua
import Notebook

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
