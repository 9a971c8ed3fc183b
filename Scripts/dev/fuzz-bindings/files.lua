-- Checkpoints and adapters with something hostile in one of their files: a value of a config, or an entry of the header of a
-- file of weights. What is broken is written down as a call (`broken("unet/config.json", { "in_channels" }, "[1e308]")`), so
-- that it can be made again.
local folder, model_folder, adapters_folder = "broken", os.getenv("FUZZ_MODEL"), os.getenv("FUZZ_ADAPTERS")
local Files = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- JSON's text with another text in one place; `path` is keys and positions.
local function replaced(value, path, text, depth)
  depth = depth or 1
  if depth > #path then return text end
  local key = path[depth]
  local parts = {}
  if math.type(key) then
    for i, item in ipairs(value) do parts[i] = i == key and replaced(item, path, text, depth + 1) or lunette.json.encode(item) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local is_there = false
  for name, item in pairs(value) do
    is_there = is_there or name == key
    parts[#parts + 1] = lunette.json.encode(name) .. ":" .. (name == key and replaced(item, path, text, depth + 1) or lunette.json.encode(item))
  end
  if not is_there then parts[#parts + 1] = lunette.json.encode(key) .. ":" .. text end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The JSON of a config, or of the header of a file of weights, with what follows it.
local function json(path)
  local text = read(path)
  if not path:find("%.safetensors$") then return lunette.json.decode(text), "" end
  local length = ("<I8"):unpack(text)
  return lunette.json.decode(text:sub(9, 8 + length)), text:sub(9 + length)
end

local function rewrite(from, to, path, text)
  local value, rest = json(from)
  local changed = replaced(value, path, text)
  os.remove(to)
  write(to, from:find("%.safetensors$") and ("<I8"):pack(#changed) .. changed .. rest or changed)
end

-- Loads a copy of the model, and makes use of each part.
function broken(file, path, text)
  os.execute(("rm -rf %s && cp -rs '%s' %s"):format(folder, model_folder, folder))
  rewrite(model_folder .. "/" .. file, folder .. "/" .. file, path, text)
  Files.use(assert(lunette.load(folder)))
end

-- Loads the model with a copy of an adapter.
function broken_adapter(file, path, text)
  os.execute(("rm -rf %s && mkdir %s"):format(folder, folder))
  local name = file:match("[^/]+$")
  if file:find("/") then os.execute(("cp '%s/%s/'* %s"):format(adapters_folder, file:match("^(.*)/"), folder)) end
  rewrite(adapters_folder .. "/" .. file, folder .. "/" .. name, path, text)
  local weights = name:find("%.json$") and "adapter_model.safetensors" or name
  Files.use(assert(lunette.load(model_folder, { loras = { folder .. "/" .. weights } })))
end

function Files.use(loaded)
  loaded:tokenize("a cat's  photo <|endoftext|> of 12 ÄÖ\u{1F600}")
  local run = { prompt = "a cat", seed = 1, steps = 3, width = 16, height = 16 }
  local ran, made = pcall(loaded.generate, loaded, run)
  pcall(loaded.encode_image, loaded, t.ones{ 16, 16, 3 })
  if loaded.clip then
    pcall(loaded.clip.image, loaded.clip, t.ones{ 9, 31, 3 })
    pcall(loaded.clip.text, loaded.clip, "a cat")
  end
  if not ran then error(made, 0) end
  made.image:tensor()
end

-- Where something may be broken, as pairs of a file and a path, by keys and positions: all that the files hold.
local function places(root, list, call)
  local found = {}
  for _, file in ipairs(list) do
    local function walk(value, path)
      for key, item in pairs(type(value) == "table" and value or {}) do
        if #path < 4 then
          local longer = table.move(path, 1, #path, 1, { [#path + 1] = key })
          found[#found + 1] = { call = call, file = file, path = longer }
          walk(item, longer)
        end
      end
    end
    walk(json(root .. "/" .. file), {})
  end
  return found
end

local function list(root, pattern)
  local names = {}
  local pipe = io.popen(("cd '%s' && find . -type f"):format(root))
  for name in pipe:lines() do if name:find(pattern) then names[#names + 1] = name:sub(3) end end
  pipe:close()
  table.sort(names)
  return names
end

-- A great file (a vocabulary, a header) must not hide the small ones: places are drawn by file first.
function Files.new(pick)
  local by_file = {}
  for _, root in ipairs{ { model_folder, "broken" }, { adapters_folder, "broken_adapter" } } do
    for _, file in ipairs(list(root[1], root[2] == "broken" and "%.json$" or "%.json$")) do
      by_file[#by_file + 1] = places(root[1], { file }, root[2])
    end
    for _, file in ipairs(list(root[1], "%.safetensors$")) do by_file[#by_file + 1] = places(root[1], { file }, root[2]) end
  end
  local keys = {}
  for key in (os.getenv("FUZZ_KEYS") or ""):gmatch("%S+") do keys[#keys + 1] = key end
  for _, file in ipairs(by_file) do
    table.sort(file, function(a, b) return Files.text(a.path) < Files.text(b.path) end)
  end
  return setmetatable({ by_file = by_file, keys = keys, pick = pick }, { __index = Files })
end

function Files.text(path)
  local parts = {}
  for i, key in ipairs(path) do parts[i] = math.type(key) and ("%d"):format(key) or ("%q"):format(key):gsub("\n", "n") end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local texts = {
  "null", "true", "false", "0", "-1", "1", "2", "7", "0.5", "-0.0", "1e-320", "1e308", "-1e308", "1e999", "2147483647", "2147483648", "4294967296",
  "9007199254740993", "4611686018427387904", "9223372036854775807", "-9223372036854775808", "18446744073709551615", '""', '"x"', '"ddim"', '"linspace"',
  '"trailing"', '"v_prediction"', '"squaredcos_cap_v2"', '"F64"', '"I8"', '"[a-z]*"', '"(a+)+b"', '"' .. ("x"):rep(3000) .. '"', "[]", "{}", "[0]", "[1, 2]", "[-1]", "[1e308]",
  "[9223372036854775807]", "[9223372036854775807, 9223372036854775807]", "[2147483647, 2147483647, 2147483647, 2147483647]", "[0, 0]", "[0, 9223372036854775807]", "[[]]",
  "[null]", '["x"]', '["x", "x"]', '{"x": 1}', '{"content": ""}', '{"height": 9223372036854775807, "width": 1}', '{"shortest_edge": 2147483647}', '{"shortest_edge": 1}',
  '{"dtype": "F32", "shape": [4611686018427387904, 4], "data_offsets": [0, 0]}', '{"dtype": "F32", "shape": [], "data_offsets": [0, 4]}',
  '{"dtype": "F16", "shape": [1], "data_offsets": [0, 2]}', '{"dtype": "F32", "shape": [0, 3], "data_offsets": [0, 0]}', '{"type": "Sequence"}', '{"type": "BPE", "vocab": {}, "merges": []}',
}

-- The source text of one call.
function Files:next()
  local place = self.pick(self.pick(self.by_file))
  local path = place.path
  -- A key that the file does not hold, as often as one that it holds.
  if self.pick{ true, false } and #self.keys > 0 and not place.file:find("%.safetensors$") then path = { self.pick(self.keys) } end
  return ("%s(%q, %s, %q)"):format(place.call, place.file, self.text(path), self.pick(texts))
end

return Files
