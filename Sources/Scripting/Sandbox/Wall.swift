/// The wall between the worlds of a session: whatever crosses from one plugin to another is a view, to look at and to call, never to
/// change. There is no other way across: `require`, `lunette.extension`, displays, arguments and results of functions, callbacks,
/// errors and coroutines all come through `convert` here.
///
/// A world is a plugin, by its name. The plugins that come with the program are one world together; the script is one, and it is the
/// user: it gets what plugins give as it is. All views of a session know each other: a view that is handed on is a view of the thing
/// itself, and one that comes home is the thing.
enum Wall {
  /// The worlds that are not a stranger's.
  static let script = ""
  static let shipped = "lunette"

  /// Runs once when a session opens, before any script. It gets the host's function that keeps a traceback, and returns the wall.
  static let source = """
    local keep = ...
    local error, getinfo, metatable, next, pairs, rawget = error, debug.getinfo, debug.getmetatable, next, pairs, rawget
    local select, setmetatable, tostring, type, xpcall = select, setmetatable, tostring, type, xpcall
    local format, pack, unpack = string.format, table.pack, table.unpack

    local weak = { __mode = "k" }
    local homes = setmetatable({}, weak)     -- of each view: what it shows, and whose that is
    local contents = setmetatable({}, weak)  -- what a view shows, for bound functions, which read tables without metamethods
    local views, lanes = {}, {}              -- by the world that sees; by owner and the world that sees
    local convert

    local function entry(list, key, new)
      local found = list[key]
      if found == nil then
        found = new()
        list[key] = found
      end
      return found
    end

    -- All values, from one world to another.
    local function passage(from, to)
      local function some(count, value, ...)
        if count == 0 then return end
        if count == 1 then return convert(value, from, to) end
        return convert(value, from, to), some(count - 1, ...)
      end
      return function(...)
        local count = select("#", ...)
        if count <= 8 then return some(count, ...) end
        local values = pack(...)
        for i = 1, count do values[i] = convert(values[i], from, to) end
        return unpack(values, 1, count)
      end
    end

    local function lane(owner, to)
      return entry(entry(lanes, owner, function() return {} end), to, function()
        return { inward = passage(to, owner), outward = passage(owner, to) }
      end)
    end

    local function kept(message)
      if type(message) == "string" then keep(message) end
      return message
    end

    -- A function of one world, as another may call it: arguments, results and errors are views on the other side.
    local function crossing(f, owner, to)
      local way = lane(owner, to)
      local inward, outward = way.inward, way.outward
      local function finish(ok, ...)
        if ok then return outward(...) end
        error(outward((...)), 0)
      end
      return function(...) return finish(xpcall(f, kept, inward(...))) end
    end

    local operations = {
      __index = function(value, key) return value[key] end,
      __len = function(value) return #value end,
      __call = function(value, ...) return value(...) end,
      __pairs = function(value) return pairs(value) end,
      __eq = function(a, b) return a == b end, __lt = function(a, b) return a < b end, __le = function(a, b) return a <= b end,
      __add = function(a, b) return a + b end, __sub = function(a, b) return a - b end, __mul = function(a, b) return a * b end,
      __div = function(a, b) return a / b end, __mod = function(a, b) return a % b end, __pow = function(a, b) return a ^ b end,
      __idiv = function(a, b) return a // b end, __concat = function(a, b) return a .. b end,
      __band = function(a, b) return a & b end, __bor = function(a, b) return a | b end, __bxor = function(a, b) return a ~ b end,
      __shl = function(a, b) return a << b end, __shr = function(a, b) return a >> b end,
      __unm = function(value) return -value end, __bnot = function(value) return ~value end,
      __close = function(value, message)
        local meta = metatable(value)
        if meta and meta.__close then meta.__close(value, message) end
      end,
    }
    -- Those by which the host asks whether a value shows itself: only where the value does.
    local showing = {
      __tostring = tostring,
      __mimebundle = function(value) return metatable(value).__mimebundle(value) end,
    }

    local function keeper(owner)
      local who = format("the plugin '%s' cannot be changed by others", owner)
      if owner == "" then who = "what a script shows cannot be changed by plugins" end
      if owner == "lunette" then who = "the plugins that come with Lunette cannot be changed by others" end
      return function() error(who, 2) end
    end

    -- The metatable of the views that a world has of another's tables of this kind.
    local function metatable_for(value, owner, to)
      local way, meta, kind = lane(owner, to), metatable(value), "view"
      for name in next, showing do
        if meta and rawget(meta, name) ~= nil then kind = kind .. name end
      end
      return entry(way, kind, function()
        local made = { __metatable = false, __content = contents, __newindex = keeper(owner) }
        for name, f in next, operations do made[name] = crossing(f, owner, to) end
        for name, f in next, showing do
          if meta and rawget(meta, name) ~= nil then made[name] = crossing(f, owner, to) end
        end
        return made
      end)
    end

    local function view(value, owner, to)
      local seen = entry(views, to, function() return setmetatable({}, weak) end)
      return entry(seen, value, function()
        local made
        if type(value) == "table" then
          made = setmetatable({}, metatable_for(value, owner, to))
          contents[made] = value
        else
          made = crossing(value, owner, to)
        end
        homes[made] = { value = value, owner = owner }
        return made
      end)
    end

    function convert(value, from, to)
      local kind = type(value)
      if kind ~= "table" and kind ~= "function" or from == to then return value end
      local home = homes[value]
      if home then
        if home.owner == to then return home.value end
        if to == "" then return value end
        return view(home.value, home.owner, to)
      end
      if to == "" then return value end
      return view(value, from, to)
    end

    local wall = { convert = convert, homes = homes, owns = {} }

    -- What a plugin's display is shown of a value that may be anybody's: its own objects as they are.
    function wall.shown(value, name, world)
      local owns = wall.owns[name]
      if owns and owns(metatable(value)) then return value end
      return convert(value, "", world)
    end

    -- Coroutines belong to the world that made them; what goes in and out of another world's crosses.
    local threads = setmetatable({}, weak)
    local create, wrap, resume, yield, close, running =
      coroutine.create, coroutine.wrap, coroutine.resume, coroutine.yield, coroutine.close, coroutine.running
    function wall.coroutines(library, world, named)
      local function own(f)
        if type(f) == "function" and getinfo(f, "S").what == "C" then return named(f) end
        return f
      end
      local function foreign(thread)
        local owner = threads[thread]
        if owner ~= nil and owner ~= world then return lane(owner, world) end
      end
      function library.create(f)
        local thread = create(own(f))
        threads[thread] = world
        return thread
      end
      function library.wrap(f)
        local inner = own(f)
        if type(inner) ~= "function" then return wrap(inner) end
        return wrap(function(...)
          threads[running()] = world
          return inner(...)
        end)
      end
      function library.resume(thread, ...)
        local way = foreign(thread)
        if not way then return resume(thread, ...) end
        return way.outward(resume(thread, way.inward(...)))
      end
      function library.close(thread)
        local way = foreign(thread)
        if not way then return close(thread) end
        return way.outward(close(thread))
      end
      function library.yield(...)
        local way = foreign(running())
        if not way then return yield(...) end
        return way.outward(yield(way.inward(...)))
      end
    end

    -- `error`, whose levels pass over the wall itself.
    local function where(level)
      local at = 3
      while true do
        local info = getinfo(at, "Sl")
        if not info then return "" end
        local next_one = info.what == "C" and getinfo(at + 1, "S")
        if info.source ~= "=[sandbox]" and not (next_one and next_one.source == "=[sandbox]") then
          level = level - 1
          if level <= 0 then
            return info.currentline > 0 and format("%s:%d: ", info.short_src, info.currentline) or ""
          end
        end
        at = at + 1
      end
    end
    function wall.error(message, level)
      level = level or 1
      if type(message) ~= "string" or type(level) ~= "number" or level <= 0 then error(message, 0) end
      error(where(level) .. message, 0)
    end

    return wall
    """
}
