-- Attention maps of one call of the model, and how far two sets of them are apart.
local lunette = require "lunette"
local t = lunette.tensor
local maps = {}

local function shorter_side(layer) return math.min(layer.height, layer.width) end

local function contains(list, value)
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

-- The paper looks at maps of 16 × 16 of 64 × 64. Models of smaller latents have their layout in those of 16 and 8.
local function default_sides(present, latent_side)
  local sides = {}
  for _, side in ipairs(latent_side > 16 and { 16 } or { 16, 8 }) do
    if present[side] then sides[#sides + 1] = side end
  end
  if #sides > 0 then return sides end
  local largest = 0
  for side in pairs(present) do
    if side <= 16 then largest = math.max(largest, side) end
  end
  return largest > 0 and { largest } or { (next(present)) }
end

--- The layers whose maps are looked at, by the size of the maps.
-- @param trace of any call of the model, with self = true
-- @param sides lengths of the maps' shorter side, or nil for 16 (16 and 8 where the latents are no larger)
-- @param fail called with a message when no layer has one of them
-- @return a list of { cross = {layers}, own = {layers} }, and the paths of all these layers
function maps.groups(trace, sides, fail)
  local present, names = {}, {}
  for _, layer in ipairs(trace.layers) do
    local side = shorter_side(layer)
    if not present[side] then names[#names + 1] = side end
    present[side] = true
  end
  sides = sides or default_sides(present, math.min(trace.latent_height, trace.latent_width))
  local groups, paths = {}, {}
  for _, side in ipairs(sides) do
    local group = { side = side, cross = {}, own = {} }
    for _, layer in ipairs(trace.layers) do
      if shorter_side(layer) == side then
        group.height, group.width = layer.height, layer.width
        table.insert(layer.kind == "cross" and group.cross or group.own, layer.path)
        if not contains(paths, layer.path) then paths[#paths + 1] = layer.path end
      end
    end
    if #group.cross > 0 then groups[#groups + 1] = group end
  end
  if #groups == 0 then
    table.sort(names)
    fail("option 'sides': no cross-attention with maps of %s; there are maps of %s", table.concat(sides, ", "),
      table.concat(names, ", "))
  end
  return groups, paths
end

-- the mean over the heads of some layers
local function mean(trace, paths)
  local sum
  for _, path in ipairs(paths) do
    local map = trace:probs(path):mean(1)
    sum = sum and sum + map or map
  end
  return sum and sum / #paths
end

--- The maps of a traced call of one picture: one { cross = {tokens, places}, own = {places, places} or nil } per group.
function maps.read(trace, groups)
  local read = {}
  for i, group in ipairs(groups) do
    local cross = mean(trace, group.cross)
    read[i] = {
      cross = cross:t():contiguous(), own = mean(trace, group.own), height = group.height, width = group.width,
    }
  end
  return read
end

-- From the sums of a · b, a · a and b · b to a distance.
local distances = {
  cosine = function(ab, aa, bb) return 1 - ab / (aa * bb + 1e-12):sqrt() end,
  l2 = function(ab, aa, bb) return aa - ab * 2 + bb end,
}

-- by token: how far its map has come from where it was, {tokens}
local function of_cross(distance, one, found)
  return distance((one.cross * found):sum(2), one.cross_squares, (found * found):sum(2))
end

-- {tokens, places} of 0 and 1, grown by one place to each side
local function dilated(inside, height, width)
  local tokens = inside:size(1)
  local maps_ = inside:view{ tokens, height, width }
  local grown = maps_:clone()
  for dy = -1, 1 do
    for dx = -1, 1 do
      local y, x = { math.max(1, 1 + dy), math.min(height, height + dy) }, { math.max(1, 1 + dx), math.min(width,
        width + dx) }
      local from_y, from_x = { y[1] - dy, y[2] - dy }, { x[1] - dx, x[2] - dx }
      grown[{ {}, y, x }] = grown[{ {}, y, x }]:maximum(maps_[{ {}, from_y, from_x }])
    end
  end
  return grown:view{ tokens, height * width }
end

-- by token: how far those columns of self-attention have come that belong to the places inside of its map, {tokens}: all of
-- them as one vector, or ("summed", as the published code has it) each by itself, the distances added up
local function of_own(distance, one, found)
  local inside = one.inside
  if one.columns then
    return inside:mv(distance((one.own * found):sum(1), one.columns, (found * found):sum(1)))
  end
  return distance(inside:mv((one.own * found):sum(1)), one.own_squares, inside:mv((found * found):sum(1)))
end

--- How many tokens the maps know, the list of positions as a tensor {tokens} of `value` there and 0 elsewhere.
local function marked(tokens, positions, value)
  local marks = t.zeros{ tokens }
  for _, position in ipairs(positions) do marks[position] = value end
  return marks
end

--- What the maps of a step are held against: all of the loss that does not depend on the edited call.
-- @param wanted what maps.read gave for the reference
-- @param rows as rows.of gives them
-- @param o keep (λp), remove (λn), own_weight, inside_words and inside_others (shares of a map's maximum), own_reading ("joined",
-- or
--   "summed": masks grown by one place, one distance per column)
function maps.target(wanted, rows, o)
  local target = {}
  for i, maps_of in ipairs(wanted) do
    local cross, own, tokens = maps_of.cross, maps_of.own, maps_of.cross:size(1)
    local one = {
      cross = cross, cross_squares = (cross * cross):sum(2),
      weights = marked(tokens, rows.others, o.keep) - marked(tokens, rows.words, o.remove),
    }
    if own and o.own_weight > 0 then
      local shares = marked(tokens, rows.words, o.inside_words - o.inside_others) + o.inside_others
      one.inside = cross:ge(cross:max(2, { keepdim = true }) * shares:unsqueeze(2))
      if o.own_reading == "summed" then
        one.inside = dilated(one.inside, maps_of.height, maps_of.width)
        one.columns = (own * own):sum(1)
      end
      one.own, one.own_squares = own, one.inside:mv((own * own):sum(1))
    end
    target[i] = one
  end
  return target
end

--- The loss of inference-time embedding optimization (Li et al. 2024, equations 4 to 9): the other words shall keep the attention
-- that they had, the suppressed ones lose it.
--
-- L = Σ over others λp · D(A, Â) - Σ over suppressed λn · D(A, Â), once with the tokens' maps of cross-attention and once with
-- the columns of self-attention at the places where a token's map is near its maximum.
-- @param target of the reference call, found what maps.read gave for the edited one
-- @param o distance ("cosine" or "l2"), own_weight
-- @return a tensor of one number
function maps.loss(target, found, o)
  local distance, total = distances[o.distance], 0
  for i, one in ipairs(target) do
    local parts = of_cross(distance, one, found[i].cross)
    if one.own then parts = parts + of_own(distance, one, found[i].own) * o.own_weight end
    total = total + parts:dot(one.weights)
  end
  return total / #target
end

return maps
