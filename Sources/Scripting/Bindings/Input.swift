import Glibc
import Lua

extension Session {
  /// `lunette.input`, and `io.read` by the same way where the session's host answers questions.
  func bindInput(_ lunette: LuaModule) throws {
    try lunette.function("input(prompt?, {password})") { [weak self] call -> String? in
      let prompt: String = try call[1] ?? ""
      guard let self else { return nil }
      if let onInput { return try onInput(prompt, call["password"] ?? false) }
      self.emit(.stream(.stdout, prompt))
      fflush(nil)
      return readLine()
    }
    let ask = try lua.function("ask()") { [weak self] _ -> LuaMany in
      guard let onInput = self?.onInput else { return LuaMany(false) }
      return LuaMany(true, try onInput("", false))
    }
    try lua.load(Self.reading, name: "=[lunette]").call(ask)
  }

  /// Lines and numbers are asked for; what goes beyond a line has nobody to answer it.
  private static let reading = """
    local ask = ...
    local read = io.read
    io.read = function(format, ...)
      local answered, line = ask()
      if not answered then return read(format, ...) end
      if line == nil then return nil end
      format = type(format) == "string" and format:gsub("^%*", ""):sub(1, 1) or "l"
      if format == "n" then return tonumber(line) end
      if format == "L" or format == "a" then return line .. "\\n" end
      return line
    end
    """
}
