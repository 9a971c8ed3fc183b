-- The judge's network, layer by layer as Scripts/dev/train-emoji-world/judge_model.py has it.
local _, path = ...
local folder = path:match("^(.*)/")
local tensor = lunette.tensor

local network = {}
network.config = assert(lunette.json.load(folder .. "/config.json"))
local file = folder .. "/judge.safetensors"
local weights = assert(tensor.load(file))

local function block(name, x, stride)
  local function weight(part) return weights[name .. "." .. part] end
  return x:conv2d(weight "conv.weight", { bias = weight "conv.bias", stride = stride, padding = 1 })
    :group_norm(network.config.groups, { weight = weight "norm.weight", bias = weight "norm.bias" })
    :silu()
end

local function pointwise(name, x) return x:conv2d(weights[name .. ".weight"], { bias = weights[name .. ".bias"] }) end

local depths = { 2, 2, 3 } -- blocks of each level; the first halves the picture

--- @param img {64, 64, 3} in [0, 1]
-- @return feature maps {1, channels, height, width}, from the finest to the coarsest
function network.levels(img)
  local x = block("stem", (img * 2 - 1):permute{ 3, 1, 2 }:unsqueeze(1))
  local levels = { x }
  for level, depth in ipairs(depths) do
    for i = 1, depth do x = block(("down.%d.%d"):format(level - 1, i - 1), x, i == 1 and 2 or 1) end
    levels[level + 1] = x
  end
  return levels
end

--- @param img {64, 64, 3} in [0, 1]
-- @return logits of the classes {classes, 64, 64} and of the textures {textures, 64, 64}
function network.logits(img)
  local levels = network.levels(img)
  local x = levels[#levels]
  for step = 0, #depths - 1 do
    local beside = levels[#depths - step]
    local deeper = pointwise("narrow." .. step, x):resize(beside:size(3), beside:size(4), "nearest")
    x = block("up." .. step, deeper + beside)
  end
  x = pointwise("head", x)
  local classes = #network.config.classes
  return x[{ 1, { 1, classes } }], x[{ 1, { classes + 1, classes + #network.config.textures } }]
end

--- The SHA-256 of the file of weights.
function network.fingerprint()
  local stream = assert(io.open(file, "rb"))
  local bytes = stream:read("a")
  stream:close()
  return lunette.sha256(bytes)
end

return network
