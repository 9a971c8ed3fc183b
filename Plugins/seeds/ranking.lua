-- Golden seeds: how near a seed's pictures come to reference pictures, and whether that is the seed's.
local lunette = require "lunette"
local metrics, t = lunette.metrics, lunette.tensor
local nulls = require "seeds.nulls"
local ranking = {}

local distances = {
  kid = function(x, y) return metrics.kid(x, y) end,
  frechet = function(x, y) return metrics.frechet(x, y) end,
  cmmd = function(x, y) return metrics.cmmd(x, y, { unbiased = true }) end,
}

--- The distance of each seed's pictures from the reference, a list in the order of grid.seeds; small is good.
-- @param reference features {n, d}
-- @param which "kid", "cmmd" or "frechet"
function ranking.of(grid, prompts, reference, which)
  local list = {}
  for i, seed in ipairs(grid.seeds) do
    list[i] = distances[which](grid:vectors("clip", seed, prompts), reference)
  end
  return list
end

local function spread(list)
  local low, high = math.huge, -math.huge
  for _, value in ipairs(list) do low, high = math.min(low, value), math.max(high, value) end
  return high - low
end

--- The same with the seeds of each prompt shuffled, `count` times: lists of worst minus best.
function ranking.null(grid, prompts, reference, which, count)
  local spreads = {}
  for k = 1, count do
    local rows = {}
    for i, prompt in ipairs(prompts) do
      local order = nulls.order(#grid.seeds, k * 100003 + i)
      rows[i] = {}
      for j, place in ipairs(order) do rows[i][j] = grid:at(prompt, grid.seeds[place]).clip end
    end
    local list = {}
    for j = 1, #grid.seeds do
      local vectors = {}
      for i = 1, #prompts do vectors[i] = rows[i][j] end
      list[j] = distances[which](t.stack(vectors), reference)
    end
    spreads[k] = spread(list)
  end
  return spreads
end

ranking.spread = spread

--- The places of the best `size`, smallest first.
function ranking.best(list, size)
  local order = {}
  for i = 1, #list do order[i] = i end
  table.sort(order, function(a, b)
    if list[a] ~= list[b] then return list[a] < list[b] end
    return a < b
  end)
  return table.move(order, 1, math.min(size, #order), 1, {})
end

--- The distance of all pictures of some seeds from the reference.
function ranking.pool(grid, prompts, places, reference, which)
  local vectors = {}
  for _, place in ipairs(places) do
    for _, prompt in ipairs(prompts) do vectors[#vectors + 1] = grid:at(prompt, grid.seeds[place]).clip end
  end
  return distances[which](t.stack(vectors), reference)
end

--- Where a pool stands among random pools of its size: the share of those that are worse, from 0 to 1; its own
-- distance, and theirs.
function ranking.percentile(grid, prompts, places, reference, which, count)
  local own, worse, others = ranking.pool(grid, prompts, places, reference, which), 0, {}
  for k = 1, count do
    local order = nulls.order(#grid.seeds, 7000003 + k)
    others[k] = ranking.pool(grid, prompts, table.move(order, 1, #places, 1, {}), reference, which)
    worse = worse + (others[k] > own and 1 or 0)
  end
  return worse / count, own, others
end

return ranking
