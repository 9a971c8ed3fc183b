import Lua
import Notebook

/// A value that scripts hold and that knows how to show itself.
///
/// A type whose description says `try type.showsItself()` has the metamethod `__mimebundle`, which is all that whoever
/// shows values asks for, and the method `mimebundle()`, for scripts that build something larger from it.
protocol Displayable: LuaUserdata {
  func mimeBundle() throws -> MIMEBundle
}

extension LuaType where Value: Displayable {
  func showsItself() throws {
    try metamethod("__mimebundle") { value, _ in LuaFields(try value.mimeBundle()) }
    try method("mimebundle()") { value, _ in LuaFields(try value.mimeBundle()) }
  }
}

extension LuaFields {
  /// `{ ["image/png"] = …, ["text/plain"] = … }`
  init(_ bundle: MIMEBundle) {
    self.init(bundle.types.compactMap { type in bundle[type].map { (type.name, LuaBytes($0.bytes)) } })
  }
}
