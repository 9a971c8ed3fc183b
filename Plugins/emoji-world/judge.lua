-- What is in a picture of the emoji world: a small segmentation network that was trained on rendered scenes alone.
local network = require "emoji-world.judge.network"
local objects = require "emoji-world.judge.objects"
local colors = require "emoji-world.judge.colors"
local world = require "emoji-world.world"

--- `judge(img)` finds the objects of one picture.
-- @param img an image or tensor {64, 64, 3}, values in [0, 1]
-- @param opts area: pixels that an object has at least (20); confidence: its least mean probability (0.5)
-- @return a list of objects, largest first. Each has `kind` ("noun", "accessory" or "none" for what is none of the world's),
-- `label`, `noun` and `sense` (as in world.json; sense only where a noun has two), `color` (the world's colour that covers most
-- of it, or nil) and `color_share` (of `area`), `texture` ("plain", "striped", …), `mask` {64, 64}, `box` {x, y, width, height},
-- `x`, `y` (the mask's centre, pixels from the left and the top), `area` and `confidence`.
local judge = {}

local known = { area = true, confidence = true }

local function checked(opts)
  for name, value in lunette.spairs(opts or {}) do
    if not known[name] then error(("judge: unknown option '%s'; area and confidence are known"):format(name), 4) end
    if type(value) ~= "number" then error(("judge: %s must be a number, got %s"):format(name, type(value)), 4) end
  end
  return opts or {}
end

local function pixels(img)
  local made, picture = pcall(lunette.image.new, img)
  local x = made and picture:tensor()
  if not x or x:size(1) ~= 64 or x:size(2) ~= 64 or x:size(3) < 3 then
    error("judge: a picture of 64 × 64 pixels expected", 4)
  end
  return x:narrow(3, 1, 3)
end

local function named(object)
  local label = object.label
  object.noun = label:gsub(" %(.*", "")
  object.sense = label:match("%((.*)%)")
  object.kind = label == world.none and "none" or world.is_accessory[label] and "accessory" or "noun"
  return object
end

local function find(img, opts)
  local x = pixels(img)
  local classes, textures = network.logits(x)
  local found = objects.of(classes, textures, opts)
  for _, object in ipairs(found) do
    object.color, object.color_share = colors.of(x, named(object).mask)
    -- their names of before version 0.3
    object.colour, object.colour_share = object.color, object.color_share
  end
  return found
end

--- Whether a noun, a label or an accessory is among the objects.
function judge.has(found, name)
  for _, object in ipairs(found) do
    if object.noun == name or object.label == name then return true end
  end
  return false
end

--- What the network sees of a picture on its way: feature maps {channels, height, width}, from the finest to the coarsest.
function judge.features(img)
  local maps = network.levels(pixels(img))
  for i, map in ipairs(maps) do maps[i] = map[1] end
  return maps
end

--- The SHA-256 of the network's weights, for results that are kept.
judge.fingerprint = network.fingerprint

return setmetatable(judge, {
  __call = function(_, img, opts) return find(img, checked(opts)) end,
})
