/// The Lua of the sandbox. It runs once when a session opens, before any script, so that it holds Lua's own functions
/// whatever a script does to its globals later; what it returns makes the environment of one plugin.
enum SandboxPrelude {
  static let source = """
    local wall = ...
    local assert, error, ipairs, next, pairs, pcall, print, select, tonumber, tostring, type, warn, xpcall =
      assert, error, ipairs, next, pairs, pcall, print, select, tonumber, tostring, type, warn, xpcall
    local rawequal, rawget, rawlen, rawset = rawequal, rawget, rawlen, rawset
    local getmetatable, setmetatable, load, collectgarbage = getmetatable, setmetatable, load, collectgarbage
    local string, table, utf8, coroutine, os, io, debug = string, table, utf8, coroutine, os, io, debug
    local find, format, gsub, sub, traceback = string.find, string.format, string.gsub, string.sub, debug.traceback
    local iotype, unpack = io.type, table.unpack
    local collections = { collect = true, count = true, step = true }

    local function copy(library)
      local own = {}
      for key, value in next, library do own[key] = value end
      return own
    end

    local pristine = {
      string = copy(string), table = copy(table), utf8 = copy(utf8), coroutine = copy(coroutine),
      os = copy(os), io = copy(io), debug = copy(debug),
    }

    -- plugin: name, world, granted (set), lunette, math, require, extension, open, emit
    return function(plugin)
      local granted = plugin.granted
      local environment = {
        _VERSION = _VERSION, assert = assert, error = wall.error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall,
        print = print, rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset, select = select,
        tonumber = tonumber, tostring = tostring, type = type, xpcall = xpcall,
        table = copy(pristine.table), utf8 = copy(pristine.utf8), coroutine = copy(pristine.coroutine),
        string = copy(pristine.string), math = plugin.math, lunette = plugin.lunette,
      }
      environment._G = environment
      wall.coroutines(environment.coroutine, plugin.world, load(
        "local f = ... return function(...) local function results(...) return ... end return results(f(...)) end",
        "=" .. plugin.name .. ":coroutine"))

      -- What begins with '@' would turn the warnings of everybody on or off.
      function environment.warn(message, ...)
        if type(message) == "string" and sub(message, 1, 1) == "@" then return end
        return warn(message, ...)
      end

      local function refused(name, label)
        local way = label and format(" without the label 'lunette:%s' and a grant", label) or ""
        return function() error(format("'%s' is not for plugins%s", name, way), 2) end
      end

      -- Metatables: a plugin sees those it has set itself. A finalizer would run where nothing can stop it.
      local own = setmetatable({}, { __mode = "k" })
      wall.owns[plugin.name] = function(meta) return type(meta) == "table" and own[meta] end
      function environment.getmetatable(value)
        local meta = getmetatable(value)
        if type(meta) ~= "table" or own[meta] then return meta end
        return nil
      end
      function environment.setmetatable(value, meta)
        if type(meta) == "table" then
          if rawget(meta, "__gc") ~= nil then
            error("'__gc' is not for plugins: use '__close', or let the host collect what it gave", 2)
          end
          own[meta] = true
        end
        return setmetatable(value, meta)
      end

      -- Code: text, in this environment unless it is given another.
      function environment.load(chunk, name, mode, ...)
        local scope = environment
        if select("#", ...) > 0 then scope = ... end
        name = gsub(type(name) == "string" and name or "load", "^[=@]", "")
        return load(chunk, "=" .. plugin.name .. ":" .. name, "t", scope)
      end
      environment.string.dump = refused("string.dump")
      environment.loadfile = refused("loadfile")
      environment.dofile = refused("dofile")

      local loaded = {
        string = environment.string, table = environment.table, utf8 = environment.utf8, math = environment.math,
        coroutine = environment.coroutine, lunette = environment.lunette, _G = environment,
      }
      local spairs = plugin.lunette.spairs
      function plugin.lunette.spairs(value)
        if value == nil or not wall.homes[value] then return spairs(value) end
        local fields = {}
        for key, field in pairs(value) do fields[key] = field end
        return spairs(fields)
      end
      function plugin.lunette.extension(kind, name)
        local value, owner = plugin.extension(kind, name)
        return wall.convert(value, owner, plugin.world)
      end
      local extension, metrics = plugin.lunette.extension, plugin.lunette.metrics
      if type(metrics) == "table" and getmetatable(metrics) == nil then
        setmetatable(metrics, { __metatable = false, __index = function(_, name)
          if type(name) == "string" and find(name, ".", 1, true) then return extension("metrics", name) end
        end })
      end
      function environment.require(name)
        if type(name) ~= "string" then
          error(format("bad argument #1 to 'require' (string expected, got %s)", type(name)), 2)
        end
        local known = loaded[name]
        if known ~= nil then return known end
        local value, owner = plugin.require(name)
        return wall.convert(value, owner, plugin.world)
      end
      environment.package = {
        loaded = loaded, loadlib = refused("package.loadlib"), searchpath = refused("package.searchpath"),
      }

      -- The world outside
      local lua = pristine
      environment.os = {
        clock = lua.os.clock, date = lua.os.date, difftime = lua.os.difftime, time = lua.os.time,
        exit = refused("os.exit"), setlocale = refused("os.setlocale"),
      }
      for _, name in ipairs{ "remove", "rename", "tmpname" } do
        environment.os[name] = granted.files and lua.os[name] or refused("os." .. name, "files")
      end
      for _, name in ipairs{ "execute", "getenv" } do
        environment.os[name] = granted.programs and lua.os[name] or refused("os." .. name, "programs")
      end

      local function stream(name)
        local file = {}
        function file:write(...)
          plugin.emit(name, ...)
          return self
        end
        function file:flush() return self end
        function file:setvbuf() return true end
        return file
      end
      local stdout = stream("stdout")
      local files = {
        stdout = stdout, stderr = stream("stderr"), type = lua.io.type, open = plugin.open,
        popen = granted.programs and lua.io.popen or refused("io.popen", "programs"),
        tmpfile = granted.files and lua.io.tmpfile or refused("io.tmpfile", "files"),
        input = refused("io.input"), output = refused("io.output"), read = refused("io.read"),
      }
      function files.write(...) return stdout:write(...) end
      function files.close(file)
        if iotype(file) ~= "file" then error("bad argument #1 to 'close' (open file expected)", 2) end
        return file:close()
      end
      function files.lines(path, ...)
        local formats = { ... }
        local file, message = plugin.open(path)
        if not file then error(message, 2) end
        return function()
          local line = file:read(unpack(formats))
          if line == nil then file:close() end
          return line
        end, nil, nil, file
      end
      environment.io = files

      environment.debug = granted.debug and copy(lua.debug) or { traceback = traceback }
      if not granted.debug then
        for name in next, lua.debug do
          if name ~= "traceback" then environment.debug[name] = refused("debug." .. name, "debug") end
        end
      end

      function environment.collectgarbage(option, ...)
        option = option or "collect"
        if not collections[option] then error(format("collectgarbage '%s' is not for plugins", tostring(option)), 2) end
        return collectgarbage(option, ...)
      end
      return environment
    end
    """
}
