-- The colour of an object, by the hues inside its mask.
local world = require "emoji-world.world"

local colors = {}

local least_chroma = 0.15 -- greyer pixels say nothing
local least_share = 0.35 -- of an object's pixels that must have its colour

local function hue_and_chroma(r, g, b)
  local high, low = math.max(r, g, b), math.min(r, g, b)
  local chroma = high - low
  if chroma == 0 then return 0, 0 end
  if high == r then return (g - b) / chroma % 6 * 60, chroma end
  if high == g then return ((b - r) / chroma + 2) * 60, chroma end
  return ((r - g) / chroma + 4) * 60, chroma
end

local hues = {}
for name, c in lunette.spairs(world.colors) do
  hues[#hues + 1] = { name = name, hue = hue_and_chroma(c[1] / 255, c[2] / 255, c[3] / 255) }
end

local function nearest(hue)
  local best, least = nil, math.huge
  for _, color in ipairs(hues) do
    local distance = math.abs((hue - color.hue + 180) % 360 - 180)
    if distance < least then best, least = color.name, distance end
  end
  return best
end

--- @param img {64, 64, 3} in [0, 1]
-- @param mask {64, 64}
-- @return the world's colour that most of the mask has, nil if none has enough of it; and the share of the most frequent
function colors.of(img, mask)
  local rgb, inside = img:contiguous():view{ -1, 3 }:tolist(), mask:flatten():tolist()
  local votes, area = {}, 0
  for place, covered in ipairs(inside) do
    if covered ~= 0 then
      area = area + 1
      local hue, chroma = hue_and_chroma(table.unpack(rgb[place]))
      if chroma >= least_chroma then
        local name = nearest(hue)
        votes[name] = (votes[name] or 0) + 1
      end
    end
  end
  local best, most = nil, 0
  for name, n in lunette.spairs(votes) do
    if n > most then best, most = name, n end
  end
  if area == 0 then return nil, 0 end
  return most >= least_share * area and best or nil, most / area
end

return colors
