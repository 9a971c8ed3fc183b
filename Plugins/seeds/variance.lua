-- How much of what varies is the prompt's, the seed's, and neither's.
local lunette = require "lunette"
local report = require("study").report
local nulls = require "seeds.nulls"
local variance = {}

--- Shares of the sum of squares in y = prompt + seed + rest, one picture a cell.
-- @param y {prompts, seeds}
-- @return { prompt =, seed =, rest = }, nil where nothing varies. By chance alone, seed has about (seeds − 1) /
--   (prompts · seeds − 1) of what is not the prompt's.
function variance.shares(y)
  local mean = y:mean():item()
  local all = (y - mean):square():sum():item()
  if all <= 0 then return nil end
  local prompt = (y:mean(2) - mean):square():sum():item() * y:size(2)
  local seed = (y:mean(1) - mean):square():sum():item() * y:size(1)
  return { prompt = prompt / all, seed = seed / all, rest = math.max(0, 1 - (prompt + seed) / all) }
end

--- The share of the seed with an interval over prompts (bootstrap of whole prompts), and what shuffled seeds give.
-- @param o permutations (200)
-- @return { shares =, interval = { estimate, low, high }, null = { estimate, low, high }, p = }
function variance.of_seed(y, o)
  local shares = variance.shares(y)
  if not shares then return nil end
  local places, null = {}, {}
  for i = 1, y:size(1) do places[i] = i end
  local interval = lunette.stats.bootstrap(places, {
    seed = 1, method = "percentile", resamples = 500,
    statistic = function(list)
      local found = variance.shares(y:index_select(1, list))
      return found and found.seed or 0
    end,
  })
  for k = 1, o and o.permutations or 200 do null[k] = variance.shares(nulls.shuffled(y, k)).seed end
  return { shares = shares, interval = interval, null = nulls.range(null), p = nulls.p(shares.seed, null) }
end

--- A table of how much of each field is the seed's, p corrected over the fields (Holm).
-- @param grid pictures of the sweep; fields names of their numbers
function variance.table(grid, fields)
  local found, ps = {}, {}
  for i, field in ipairs(fields) do
    local y = grid:matrix(field)
    found[i] = y and variance.of_seed(y) or false
    ps[i] = found[i] and found[i].p or 1
  end
  local corrected, rows = lunette.stats.holm(ps), {}
  for i, f in ipairs(found) do
    rows[i] = {
      fields[i], report.number(f and f.shares.prompt or nil, 3),
      report.interval(f and f.interval or nil, "nothing varies", 3), report.interval(f and f.null or nil, nil, 3),
      report.p(corrected[i]),
    }
  end
  return lunette.table(rows, {
    columns = { "of", "prompt's share", "seed's share [95 %, over prompts]", "by chance [95 %]", "p (Holm)" },
  })
end

return variance
