-- Connected regions of a map.
local lunette = require "lunette"
local blobs = {}

local native

--- The regions of a map {H, W} in which its values are above a threshold; pixels that touch at a side belong together.
-- @return labels {H, W}, 0 outside, else the number of the region; and how many there are
function blobs.label(map, threshold)
  native = native or lunette.native "blobs"
  return native.label(map, threshold)
end

return blobs
