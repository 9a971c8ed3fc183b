-- What chance gives: seeds shuffled within each prompt, and laws of drawing.
local lunette = require "lunette"
local t = lunette.tensor
local nulls = {}

--- A permutation of 1 … n.
function nulls.order(n, seed)
  local order = t.randperm(n, { seed = seed }):tolist()
  for i = 1, n do order[i] = math.tointeger(order[i]) end
  return order
end

--- A matrix {prompts, seeds} (or {prompts, seeds, d}) with the seeds of each prompt shuffled by themselves: whatever a
-- seed had of its own is gone, what a prompt has is not.
function nulls.shuffled(matrix, seed)
  local rows = {}
  for i = 1, matrix:size(1) do
    rows[i] = matrix[i]:index_select(1, nulls.order(matrix:size(2), seed * 100003 + i))
  end
  return t.stack(rows)
end

--- The share of null values that are at least as large as the observed one, the observed one counted among them
-- (Phipson and Smyth 2010): never 0.
function nulls.p(observed, values)
  local above = 1
  for _, value in ipairs(values) do above = above + (value >= observed and 1 or 0) end
  return above / (#values + 1)
end

--- The central 95% of null values, or as much as `level` says.
function nulls.range(values, level)
  local tail = (1 - (level or 0.95)) / 2
  local ends = lunette.stats.quantile(values, { tail, 0.5, 1 - tail })
  return { low = ends[1], estimate = ends[2], high = ends[3] }
end

--- By how much an observed number exceeds null values, as a share of them, with an interval that lies above 0 where the
-- number is above the central part of the null values, and below 0 where it is below.
-- @param opts level (0.95)
function nulls.excess(observed, values, opts)
  local range = nulls.range(values, opts and opts.level)
  return {
    estimate = observed / range.estimate - 1, low = observed / range.high - 1, high = observed / range.low - 1,
  }
end

local function log_choose(n, k)
  local sum = 0
  for i = 1, k do sum = sum + math.log(n - k + i) - math.log(i) end
  return sum
end

--- P(at least `common` members in common) of two sets of `size` drawn by chance from `all`: the hypergeometric law.
function nulls.common(all, size, common)
  local total, sum = log_choose(all, size), 0
  for k = math.max(common, 2 * size - all), size do
    sum = sum + math.exp(log_choose(size, k) + log_choose(all - size, size - k) - total)
  end
  return math.min(1, sum)
end

return nulls
