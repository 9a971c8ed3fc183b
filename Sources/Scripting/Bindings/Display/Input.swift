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

  /// `io.read` where the session's host answers: each line is asked for when the one before is used up. Nothing says
  /// where such input ends, so that "a" is the line that is there.
  private static let reading = """
    local ask = ...
    local read = io.read
    local rest = ""

    local function line()
      if rest ~= "" then return rest end
      local _, text = ask()
      rest = text and text .. "\\n" or ""
      return text and rest
    end

    local function take(pattern)
      local _, last = rest:find(pattern)
      local text = rest:sub(1, last or 0)
      rest = rest:sub(#text + 1)
      return text
    end

    local readers = {
      l = function() return line() and take("^[^\\n]*\\n?"):gsub("\\n$", "") .. "" end,
      L = function() return line() and take("^[^\\n]*\\n?") end,
      a = function() line() return take("^.*") end,
      n = function() return line() and tonumber((take("^%s*[%w.+-]*"))) end,
    }

    local function one(format, place)
      if math.type(format) == "integer" then
        if format == 0 then return line() and "" end
        return line() and take("^" .. ("."):rep(math.min(format, #rest)))
      end
      local reader = type(format) == "string" and readers[format:gsub("^%*", ""):sub(1, 1)]
      if not reader then error(("bad argument #%d to 'read' (invalid format)"):format(place), 3) end
      return reader()
    end

    io.read = function(...)
      local given = table.pack(...)
      if rest == "" then
        local answered, text = ask()
        if not answered then return read(table.unpack(given, 1, given.n)) end
        if text == nil then return nil end
        rest = text .. "\\n"
      end
      if given.n == 0 then return (one("l", 1)) end
      local results = {}
      for place = 1, given.n do
        results[place] = one(given[place], place)
        if results[place] == nil then return table.unpack(results, 1, place) end
      end
      return table.unpack(results, 1, given.n)
    end
    """
}
