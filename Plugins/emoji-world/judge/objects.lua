-- From a class for each pixel to objects: connected pixels of one class.
local network = require "emoji-world.judge.network"
local tensor = lunette.tensor

local world = require "emoji-world.world"

local objects = {}

-- The network knows the glyphs of several versions of the world. What this one lacks is none of these.
local labels = {}
for class, name in ipairs(network.config.classes) do
  labels[class] = world.is_accessory[name] and name or world.label_of_glyph[network.config.glyphs[name]] or world.none
end

local reach = 2 -- pixels of one class at most so far apart belong together: some glyphs have several parts

-- Gathers the pixels connected with `first` and takes them off the grid.
local function component(grid, width, height, first)
  local class, pixels = grid[first], { first }
  grid[first] = 0
  local next = 1
  while pixels[next] do
    local x, y = (pixels[next] - 1) % width, (pixels[next] - 1) // width
    for v = math.max(0, y - reach), math.min(height - 1, y + reach) do
      for u = math.max(0, x - reach), math.min(width - 1, x + reach) do
        local place = v * width + u + 1
        if grid[place] == class then
          grid[place] = 0
          pixels[#pixels + 1] = place
        end
      end
    end
    next = next + 1
  end
  return pixels
end

local function measured(pixels, class, width, height, probability, texture)
  local mask = {}
  for i = 1, width * height do mask[i] = 0 end
  local sum, sum_x, sum_y, left, top, right, bottom = 0, 0, 0, width, height, 0, 0
  local votes = {}
  for _, place in ipairs(pixels) do
    local x, y = (place - 1) % width, (place - 1) // width
    mask[place] = 1
    sum, sum_x, sum_y = sum + probability[place], sum_x + x + 0.5, sum_y + y + 0.5
    left, top, right, bottom = math.min(left, x), math.min(top, y), math.max(right, x), math.max(bottom, y)
    votes[texture[place]] = (votes[texture[place]] or 0) + 1
  end
  local best = 1
  for t, n in pairs(votes) do
    if n > (votes[best] or 0) then best = t end
  end
  return {
    label = labels[class], area = #pixels, confidence = sum / #pixels,
    texture = network.config.textures[best], x = sum_x / #pixels, y = sum_y / #pixels,
    box = { x = left, y = top, width = right - left + 1, height = bottom - top + 1 },
    mask = tensor(mask):view{ height, width },
  }
end

--- @param classes, textures logits {n, h, w}
function objects.of(classes, textures, opts)
  local area, confidence = opts.area or 20, opts.confidence or 0.5
  local height, width = classes:size(2), classes:size(3)
  local best, index = classes:softmax(1):max(1)
  local probability, grid = best:flatten():tolist(), index:flatten():tolist()
  local texture = textures:argmax(1):flatten():tolist()
  local found = {}
  for place = 1, width * height do
    local class = grid[place]
    if class == 1 then grid[place] = 0 end -- background
    if grid[place] ~= 0 then
      local pixels = component(grid, width, height, place)
      if #pixels >= area then
        local object = measured(pixels, math.tointeger(class), width, height, probability, texture)
        if object.confidence >= confidence then found[#found + 1] = object end
      end
    end
  end
  table.sort(found, function(a, b)
    if a.area ~= b.area then return a.area > b.area end
    return a.y * width + a.x < b.y * width + b.x
  end)
  return found
end

return objects
