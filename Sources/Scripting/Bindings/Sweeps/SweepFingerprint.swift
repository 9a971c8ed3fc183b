import Imaging
import Lua
import Platform
import Tensor

/// What decides the result of an item beside the item: a hash of the plan's function, of all that it reaches (other functions, values,
/// tensors) and of the models among it.
///
/// A function is known by its bytecode. Of a session's variables, globals and modules it reaches those whose names stand among its
/// constants: nobody wants a list of prompts that grows to be a change. Functions of the host count as nothing: they belong to the
/// program.
enum SweepFingerprint {
  /// - Parameter version: what the plan's author says in place of the functions and values, which then do not count.
  static func of(_ function: LuaFunction, version: String?, in state: LuaState) throws -> String {
    let host = try state.scriptHost
    let code = try state.function("code(dump)") { call -> LuaMany in
      let compiled = try CompiledFunction(dump: (call[1] as LuaBytes).bytes)
      return LuaMany(compiled.digest, LuaList(compiled.names.map { LuaBytes($0) }))
    }
    let kind = try state.function("kind(table)") { call -> LuaMany in
      let slot = call.slot(1)
      if try slot.withRawField("sha256", { $0.signature }) == "sha256(text)" { return LuaMany("library") }
      if host.isFrame?(slot) ?? false { return LuaMany("frame") }
      if host.isModule?(slot) ?? false { return LuaMany("module") }
      return LuaMany()
    }
    let identity = try state.function("identity(value)") { call in try Self.identity(call.slot(1)) }
    let walk = try state.load(source, name: "=[sweep]").call(
      code, kind, identity, returning: LuaFunction.self)
    let text = try walk.call(function, version, returning: LuaBytes.self)
    return SHA256(text.bytes).description
  }

  /// How a bound value is known.
  private static func identity(_ slot: LuaSlot) throws -> String {
    if let model = try? LuaModel.read(slot) { return "model \(model.identity)" }
    if let clip = try? LuaClip.read(slot) { return "clip \(clip.identity)" }
    if let tensor = try? Tensor.read(slot) { return hash(tensor) }
    if let image = try? Image.read(slot) { return hash(image.tensor) }
    return slot.described
  }

  private static func hash(_ tensor: Tensor) -> String {
    let bytes = tensor.withUnsafeBuffer { SHA256(UnsafeRawBufferPointer($0)).description }
    return "tensor \(Shape.text(tensor.shape)) \(bytes)"
  }

  private static let source = """
    local code, kind, identity = ...
    local dump, getmetatable, getupvalue = string.dump, debug.getmetatable, debug.getupvalue
    local format, next, pcall, rawequal, sort, type = string.format, next, pcall, rawequal, table.sort, type
    local concat, error, getinfo, environment = table.concat, error, debug.getinfo, _ENV
    local math_type = math.type
    local most = 200000

    return function(root, version)
      local parts, seen, asked, count, walk = {}, {}, {}, 0, nil
      local function add(text) parts[#parts + 1] = text end

      local function is_own(value) return type(value) ~= "function" or getinfo(value, "S").what ~= "C" end

      local function entries(value, names)
        local texts, numbers = {}, {}
        for key, item in next, value do
          if is_own(item) then
            if type(key) == "string" then
              if not names or names[key] then texts[#texts + 1] = key end
            elseif type(key) == "number" and not names then
              numbers[#numbers + 1] = key
            end
          end
        end
        sort(texts)
        sort(numbers)
        for _, list in next, { numbers, texts } do
          for i = 1, #list do
            local key = list[i]
            add(format("%s %d:%s=", type(key), #(key .. ""), key))
            walk(value[key], names)
          end
        end
      end

      -- Of these only what is called by name in a function counts: each name is looked at once.
      local function named(value, names)
        asked[value] = asked[value] or {}
        local new = {}
        for name in next, names do
          if not asked[value][name] then new[name], asked[value][name] = true, true end
        end
        local texts = {}
        for key in next, value do
          if type(key) == "string" and new[key] and is_own(value[key]) then texts[#texts + 1] = key end
        end
        sort(texts)
        for i = 1, #texts do
          add(format(".%d:%s=", #texts[i], texts[i]))
          walk(value[texts[i]], names)
        end
      end

      local function number_of(value)
        if seen[value] then
          add("^" .. seen[value])
          return true
        end
        count = count + 1
        if count > most then
          error("each: too much can be reached from it to tell what decides its results; say version = \\"1\\", and another "
            .. "one whenever they change", 0)
        end
        seen[value] = count
      end

      function walk(value, names)
        local is = type(value)
        if is == "string" then
          add(format("%d:%s", #value, value))
        elseif is == "number" then
          add(format(math_type(value) == "integer" and "%d" or "%a", value))
        elseif is == "boolean" or is == "nil" then
          add(value and "true" or "false")
        elseif is == "function" then
          local ok, bytes = pcall(dump, value, true)
          if not ok or number_of(value) then return end
          local digest, list = code(bytes)
          if not version then add("f " .. digest) end
          local called = {}
          for i = 1, #list do called[list[i]] = true end
          for i = 1, 255 do
            local name, item = getupvalue(value, i)
            if name == nil then break end
            add("|")
            if name == "_ENV" or rawequal(item, environment) then
              named(item, called)
            else
              walk(item, called)
            end
          end
        elseif is == "table" then
          local what = kind(value)
          if what == "library" then return add "library" end
          if what == "frame" then return named(value, names or {}) end
          if what == "module" and names then
            named(value, names)
            -- A module may be called by itself.
            local meta = getmetatable(value)
            if meta and type(meta) == "table" then walk(meta, names) end
            return
          end
          if number_of(value) then return end
          add "{"
          entries(value)
          local meta = getmetatable(value)
          if meta then
            add "}{"
            walk(meta)
          end
          add "}"
        elseif is == "userdata" then
          local text = identity(value)
          -- Beside a version, only models count.
          if not version or text:find("^model ") or text:find("^clip ") then add(text) end
        else
          add(is)
        end
      end

      if version then
        -- Everything is walked through for the models, and nothing else kept.
        local function only(text)
          if text:find("^model ") or text:find("^clip ") then parts[#parts + 1] = text end
        end
        add = only
      end
      walk(root, {})
      if version then parts[#parts + 1] = "version " .. version end
      return concat(parts, "\\n")
    end
    """
}
