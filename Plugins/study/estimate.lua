-- Estimates whose intervals are drawn over what a finding is to hold for: words, pairs of words, prompts. Each gives
-- { estimate =, low =, high =, … } or nil and why there is none.
local lunette = require "lunette"
local attempt = require "study.attempt"
local stats = lunette.stats
local estimate = {}

local function options(units, opts, more)
  local all = { clusters = units, level = opts and opts.level }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

-- those observations that `of` has a value for, with their units
local function present(values, units, count)
  local kept, of = {}, {}
  for i = 1, count do
    if values[i] ~= nil and values[i] == values[i] then
      kept[#kept + 1], of[#of + 1] = values[i], units[i]
    end
  end
  return kept, of
end

--- The mean of numbers; nil and nan among them are left out.
-- @param units of each observation: a label, or a pair of labels
-- @param opts level (0.95), null (what p is of, 0)
function estimate.mean(values, units, opts)
  local kept, of = present(values, units, #units)
  if #kept == 0 then return nil, "none" end
  return attempt(stats.clustered_mean, kept, options(of, opts, { null = opts and opts.null }))
end

--- The share of yes.
-- @param answers booleans; nil among them are left out
function estimate.share(answers, units, opts)
  local kept, of = {}, {}
  for i = 1, #units do
    if answers[i] ~= nil then kept[#kept + 1], of[#of + 1] = answers[i], units[i] end
  end
  if #kept == 0 then return nil, "none" end
  return attempt(stats.clustered_share, kept, options(of, opts))
end

--- The mean of a − b over observations that go together; those that lack one are left out.
function estimate.paired(a, b, units, opts)
  local differences = {}
  for i = 1, #units do
    local x, y = a[i], b[i]
    if x ~= nil and y ~= nil then differences[i] = x - y end
  end
  return estimate.mean(differences, units, opts)
end

--- The mean of a minus the mean of b, two lists of observations which may share units.
function estimate.difference(a, units_a, b, units_b, opts)
  local kept_a, of_a = present(a, units_a, #units_a)
  local kept_b, of_b = present(b, units_b, #units_b)
  if #kept_a == 0 or #kept_b == 0 then return nil, "none" end
  local units = table.move(of_a, 1, #of_a, 1, {})
  table.move(of_b, 1, #of_b, #units + 1, units)
  return attempt(stats.clustered_difference, kept_a, kept_b, options(units, opts))
end

--- Any statistic of a list of anything, with units drawn as wholes (percentiles of 2000 draws).
-- @param statistic gets such a list and gives a number
function estimate.drawn(list, statistic, units, opts)
  if #list == 0 then return nil, "none" end
  return attempt(stats.bootstrap, list, options(units, opts, {
    statistic = statistic, method = "percentile", seed = opts and opts.seed or 1,
  }))
end

--- A share by a judge, put right by what an eye said of some pictures (prediction-powered inference).
-- @param labelled a list of { eye = boolean, judge = boolean, unit = label }
-- @param answers the judge's, of pictures that no eye has seen; `units` theirs
function estimate.corrected(labelled, answers, units, opts)
  if not labelled or #labelled == 0 then return nil, "no picture was labelled by eye" end
  local function number(yes) return yes and 1 or 0 end
  local truth, seen, of, others = {}, {}, {}, {}
  for i, one in ipairs(labelled) do truth[i], seen[i], of[i] = number(one.eye), number(one.judge), one.unit end
  for i, answer in ipairs(answers) do others[i] = number(answer) end
  if #others == 0 then return nil, "none" end
  return attempt(stats.prediction_powered, truth, seen, others, {
    clusters = of, unlabelled_clusters = units, level = opts and opts.level,
  })
end

--- Turns booleans into 1 and 0, for differences of shares.
function estimate.numbers(answers, count)
  local list = {}
  for i = 1, count or #answers do
    if answers[i] ~= nil then list[i] = answers[i] and 1 or 0 end
  end
  return list
end

return estimate
