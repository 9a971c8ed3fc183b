-- Runs that are kept: picture, maps and tokens of one run in a safetensors file, which NumPy reads.
local lunette = require "lunette"
local complain = lunette.argument_error

local t = lunette.tensor
local saved = {}

-- text as a tensor of its bytes, since a safetensors file holds tensors
local function bytes_of(text)
  local list = { text:byte(1, -1) }
  return #list > 0 and t(list) or t.zeros{ 0 }
end

local function text_of(bytes)
  local list = {}
  for i, byte in ipairs(bytes:numel() > 0 and bytes:tolist() or {}) do list[i] = string.char(math.tointeger(byte)) end
  return table.concat(list)
end

--- Writes a run.
-- @param path ends in ".safetensors"
-- @param maps what daam.maps gave
-- @param facts prompt, seed, image (its picture), and whatever else is to be kept with them: what JSON can hold
function saved.save(path, maps, facts)
  if type(path) ~= "string" or not path:find("%.safetensors$") then
    complain(1, "save", "a path that ends in .safetensors expected, got %s", tostring(path))
  end
  local told = {}
  for name, value in pairs(facts or {}) do
    if name ~= "image" then told[name] = value end
  end
  told.tokens, told.layers, told.keys = {}, {}, maps.keys
  for i, token in ipairs(maps.tokens) do
    told.tokens[i] = { id = token.id, text = token.text, word = token.word, position = token.position }
  end
  told.words = maps.tokens.words
  for i, layer in ipairs(maps.layers) do told.layers[i] = layer.path end
  local tensors = { maps = maps.heat, facts = bytes_of(lunette.json.encode(told)) }
  if facts and facts.image then tensors.image = lunette.image.new(facts.image):tensor() end
  t.save(path, tensors)
end

--- Reads such a file: what daam.maps gave, as far as words and tokens need it, and the facts with the picture as `image`.
-- @return maps, facts; or nil and why not
function saved.load(path)
  local tensors, reason = t.load(path)
  if not tensors then return nil, reason end
  if type(tensors) ~= "table" or not tensors.maps or not tensors.facts then return nil, path .. " holds no maps" end
  local facts = lunette.json.decode(text_of(tensors.facts))
  local tokens = facts.tokens
  tokens.words = facts.words
  facts.image = tensors.image and lunette.image.new(tensors.image) or nil
  return require("daam.maps").of(tensors.maps, tokens, facts), facts
end

return saved
