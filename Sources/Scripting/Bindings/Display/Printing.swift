import Lua
import Notebook

extension Session {
  /// What scripts print becomes output: `print`, `io.write`, `io.stdout:write`, and stderr's in the same way.
  func bindPrinting(_ globals: LuaTable) throws {
    try globals.set(
      "print",
      try lua.function("print(...)") { [weak self] call in
        var line = ""
        for position in 0..<call.count {
          let slot = call.slot(position + 1)
          line += (position > 0 ? "\t" : "") + (try self?.text(of: slot) ?? slot.tostring())
        }
        self?.emit(.stream(.stdout, line + "\n"))
      })
    let capture = try lua.load(Self.capture, name: "=[lunette]")
    try capture.call(
      lua.function("write(stream, ...)") { [weak self] call in
        let stream: String = try call[1]
        var text = ""
        for position in 2..<max(call.count + 1, 2) {
          let slot = call.slot(position)
          guard slot.kind == .string || slot.kind == .number else {
            throw LuaArgumentError(position - 1, "string expected, got \(slot.described)")
          }
          text += try slot.tostring()
        }
        self?.emit(.stream(stream == "stderr" ? .stderr : .stdout, text))
      })
  }

  private static let capture = """
    local emit = ...
    local stdout, stderr, output, write = io.stdout, io.stderr, io.output, io.write
    local methods = getmetatable(stdout).__index
    local plain = methods.write
    methods.write = function(file, ...)
      if file == stdout then emit("stdout", ...) return file end
      if file == stderr then emit("stderr", ...) return file end
      return plain(file, ...)
    end
    io.write = function(...)
      local file = output()
      if file == stdout or file == stderr then return file:write(...) end
      return write(...)
    end
    """
}
