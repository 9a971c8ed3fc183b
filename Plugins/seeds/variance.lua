-- How much of what varies is the prompt's, the seed's, and neither's.
local study = require "study"
local lunette = require "lunette"
local estimate, report = study.estimate, study.report
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

-- How the seeds of every two prompts go together: products of what they depart by from their prompt's mean, {prompts,
-- prompts}, as sums of all, of each row, and of the diagonal.
local function products(y)
  local prompts, departures = y:size(1), (y - y:mean(2, { keepdim = true })):reshape{ y:size(1), -1 }
  local all = departures:mm(departures:t()):tolist()
  local sums = { all = 0, diagonal = 0, rows = {}, own = {} }
  for i = 1, prompts do
    sums.rows[i], sums.own[i] = 0, all[i][i]
    for j = 1, prompts do sums.rows[i] = sums.rows[i] + all[i][j] end
    sums.all, sums.diagonal = sums.all + sums.rows[i], sums.diagonal + sums.own[i]
  end
  return sums
end

local function ratio(all, diagonal, prompts)
  if diagonal <= 1e-12 then return nil end
  return (all - diagonal) / (prompts - 1) / diagonal
end

--- The seed's share of what varies within a prompt: the covariance of two prompts over the seeds, averaged over all
-- pairs of prompts, in units of the variance within a prompt. 0 without an effect of the seed whatever the number of
-- prompts, 1 where the seed decides all (an intraclass correlation).
-- @param y {prompts, seeds}, or {prompts, seeds, d} for vectors
-- @return the share, or nil where nothing varies
function variance.share(y)
  local sums = products(y)
  return ratio(sums.all, sums.diagonal, y:size(1))
end

--- The same with its interval over prompts, by the jackknife (Arvesen 1969): t on one less than the prompts. Where there is
-- no effect at all it is wider than need be.
-- @param opts level (0.95)
-- @return { estimate, low, high, … }, or nil and why there is none
function variance.interval(y, opts)
  local prompts, sums = y:size(1), products(y)
  local whole = ratio(sums.all, sums.diagonal, prompts)
  if not whole then return nil, "nothing varies" end
  if prompts < 3 then return nil, "too few prompts" end
  local values, units = {}, {}
  for i = 1, prompts do
    local without = ratio(sums.all - 2 * sums.rows[i] + sums.own[i], sums.diagonal - sums.own[i], prompts - 1)
    if not without then return nil, "one prompt alone varies" end
    values[i], units[i] = prompts * whole - (prompts - 1) * without, i
  end
  return estimate.mean(values, units, opts)
end

--- The share of the seed with its interval, and what shuffled seeds give.
-- @param o permutations (200)
-- @return { share = { estimate, low, high }, null = { estimate, low, high }, p = }, or nil and why there is none
function variance.of_seed(y, o)
  local found, reason = variance.interval(y)
  if not found then return nil, reason end
  local null = {}
  for k = 1, o and o.permutations or 200 do null[k] = variance.share(nulls.shuffled(y, k)) end
  return { share = found, null = nulls.range(null), p = nulls.p(variance.share(y), null) }
end

--- A table of how much of each field is the seed's, p corrected over the fields (Holm).
-- @param fields a list of { name, y }
function variance.table(fields)
  local found, reasons, ps = {}, {}, {}
  for i, field in ipairs(fields) do
    local reason = "missing"
    if field[2] then found[i], reason = variance.of_seed(field[2]) end
    found[i], reasons[i] = found[i] or false, reason
    ps[i] = found[i] and found[i].p or 1
  end
  local corrected, rows = lunette.stats.holm(ps), {}
  for i, f in ipairs(found) do
    local y = fields[i][2]
    local all = y and y:dim() == 2 and variance.shares(y)
    rows[i] = {
      fields[i][1], report.number(all and all.prompt or nil, 3),
      report.interval(f and f.share or nil, reasons[i], 3), report.interval(f and f.null or nil, nil, 3),
      report.p(f and corrected[i] or nil),
    }
  end
  return lunette.table(rows, {
    columns = {
      "of", "prompt's share of all", "seed's share within prompts [95 %, over prompts]", "by chance [95 %]", "p (Holm)",
    },
  })
end

return variance
