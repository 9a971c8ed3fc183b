import Imaging
import Lua
import Tensor
extension Tensor: LuaUserdata { public static var luaName: String { "tensor" }; public static func describe(_ type: LuaType<Tensor>) throws {} }
extension Image: LuaUserdata { public static var luaName: String { "image" }; public static func describe(_ type: LuaType<Image>) throws {} }
