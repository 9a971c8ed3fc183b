-- How often do tests at 5 % reject when there is nothing to find, and nouns have effects of their own?
--
--   Scripts/lunette run Scripts/dev/simulate-nulls.lua -- [repetitions]
--
-- Each design of a study is made up with no effect in it, again and again (2000 times; the regression,
-- which is fitted anew without every noun, 500), and asked by the means of `study`. A rate
-- between 0.03 and 0.07 is what 5 % should be; the last two designs are asked as independent observations would be, to show what
-- the clusters are for.
local lunette = require "lunette"
local stats = lunette.stats

local repetitions = math.tointeger(tonumber(arg and arg[1]) or 2000)
math.randomseed(20260)

local function normal()
  return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random())
end

local function effects(count, size)
  local list = {}
  for i = 1, count do list[i] = size * normal() end
  return list
end

-- pairs of different nouns, every noun about equally often
local function pairs_of(nouns, count)
  local list, seen = {}, {}
  while #list < count do
    local a, b = math.random(nouns), math.random(nouns)
    local key = math.min(a, b) * 1000 + math.max(a, b)
    if a ~= b and not seen[key] then list[#list + 1], seen[key] = { a, b }, true end
  end
  return list
end

local function rejects(found, null) return found.low > (null or 0) or found.high < (null or 0) end

local function share(logit) return math.random() < 1 / (1 + math.exp(-logit)) end

-- one observation per pair and seed: values(a, b), with its pair
local function observed(pairs_, seeds, value)
  local values, units = {}, {}
  for _, pair in ipairs(pairs_) do
    for _ = 1, seeds do values[#values + 1], units[#units + 1] = value(pair), pair end
  end
  return values, units
end

local designs = {}

-- 20 nouns × 4 seeds: how much a picture changes, less what it should on average
function designs.mean_over_nouns()
  local own = effects(20, 1)
  local x, units = {}, {}
  for noun = 1, 20 do
    for _ = 1, 4 do x[#x + 1], units[#units + 1] = own[noun] + normal(), noun end
  end
  return rejects(stats.clustered_mean(x, { clusters = units }))
end

-- 50 pairs of 60 nouns × 4 seeds: first minus last, each noun with a pull of its own
function designs.mean_over_pairs()
  local own = effects(60, 0.7)
  local x, units = observed(pairs_of(60, 50), 4, function(pair) return own[pair[1]] + own[pair[2]] + normal() end)
  return rejects(stats.clustered_mean(x, { clusters = units }))
end

-- 45 pairs of 16 nouns, as in ordered pairs of few nouns
function designs.mean_over_pairs_of_few_nouns()
  local own = effects(16, 0.7)
  local x, units = observed(pairs_of(16, 45), 2, function(pair) return own[pair[1]] + own[pair[2]] + normal() end)
  return rejects(stats.clustered_mean(x, { clusters = units }))
end

-- first and second noun from lists of their own: V_a + V_b − V_ab
function designs.two_kinds_of_nouns()
  local own = effects(50, 0.7)
  local pairs_ = {}
  for i = 1, 100 do pairs_[i] = { math.random(25), 25 + math.random(25) } end
  local x, units = observed(pairs_, 2, function(pair) return own[pair[1]] + own[pair[2]] + normal() end)
  return rejects(stats.clustered_mean(x, { clusters = units }))
end

-- a share of 0.5 over 30 nouns × 5 seeds
function designs.share_over_nouns()
  local own = effects(30, 1)
  local yes, units = {}, {}
  for noun = 1, 30 do
    for _ = 1, 5 do yes[#yes + 1], units[#units + 1] = share(own[noun]), noun end
  end
  return rejects(stats.clustered_share(yes, { clusters = units }), 0.5)
end

-- two sets of nouns: 20 and 25, 4 seeds
local function two_sets()
  local a, b, units_a, units_b = {}, {}, {}, {}
  for noun = 1, 45 do
    local own = normal()
    for _ = 1, 4 do
      local list, of = noun <= 20 and a or b, noun <= 20 and units_a or units_b
      list[#list + 1], of[#of + 1] = own + normal(), noun
    end
  end
  return a, b, table.move(units_b, 1, #units_b, #units_a + 1, units_a)
end
function designs.difference_of_sets()
  local a, b, units = two_sets()
  return rejects(stats.clustered_difference(a, b, { clusters = units }))
end
function designs.permutation_of_sets()
  local a, b, units = two_sets()
  return stats.permutation_test(a, b, { clusters = units, permutations = 199, seed = math.random(1 << 30) }).p <= 0.05
end
function designs.exchange_of_whole_nouns()
  local a, b, units = {}, {}, {}
  for noun = 1, 20 do
    local own = normal()
    for _ = 1, 4 do
      a[#a + 1], b[#b + 1], units[#units + 1] = own + normal(), normal(), noun
    end
  end
  return stats.permutation_test(a, b, {
    paired = true, clusters = units, permutations = 199, seed = math.random(1 << 30),
  }).p <= 0.05
end

-- does likeness of two nouns go with success? 90 ordered pairs of 20 nouns, likeness and success both with effects of nouns
function designs.logistic_regression_over_pairs()
  local own, pull = effects(20, 0.7), effects(20, 1)
  local x, yes, units = {}, {}, {}
  for _, pair in ipairs(pairs_of(20, 90)) do
    local likeness = pull[pair[1]] + pull[pair[2]] + normal()
    for _ = 1, 3 do
      x[#x + 1], units[#units + 1] = likeness, pair
      yes[#yes + 1] = share(own[pair[1]] + own[pair[2]])
    end
  end
  local done, fit = pcall(stats.logistic_regression, x, yes, { clusters = units })
  return done and rejects(fit.coefficients[2])
end

-- three outcomes of one study, any of them
function designs.any_of_three_outcomes()
  local lists, units = { {}, {}, {} }, {}
  for noun = 1, 25 do
    local own = normal()
    for _ = 1, 3 do
      units[#units + 1] = noun
      for k = 1, 3 do table.insert(lists[k], own * (k < 3 and 1 or 0) + normal()) end
    end
  end
  for _, found in ipairs(stats.simultaneous(lists, { clusters = units, draws = 2000, seed = math.random(1 << 30) })) do
    if rejects(found) then return true end
  end
  return false
end

-- a judge that errs in one picture of five, put right by 80 labels: the share is 0.5
function designs.judge_put_right()
  local function picture()
    local truth = math.random() < 0.5
    local said = truth or math.random() < 0.3
    return truth and 1 or 0, said and 1 or 0
  end
  local truth, seen, others = {}, {}, {}
  for i = 1, 80 do truth[i], seen[i] = picture() end
  for i = 1, 400 do others[i] = select(2, picture()) end
  return rejects(stats.prediction_powered(truth, seen, others), 0.5)
end

-- as if independent: what the clusters are for
function designs.zz_mean_over_pairs_as_if_independent()
  local own = effects(16, 0.7)
  local x = observed(pairs_of(16, 45), 2, function(pair) return own[pair[1]] + own[pair[2]] + normal() end)
  local places = {}
  for i = 1, #x do places[i] = i end
  return rejects(stats.clustered_mean(x, { clusters = places }))
end
function designs.zz_share_as_if_independent()
  local own = effects(30, 1)
  local yes = 0
  for noun = 1, 30 do
    for _ = 1, 5 do yes = yes + (share(own[noun]) and 1 or 0) end
  end
  return rejects(stats.wilson(yes, 150), 0.5)
end

local rows = {}
for name, design in lunette.spairs(designs) do
  local rejected, count = 0, name:find("regression") and repetitions // 4 or repetitions
  for _ = 1, count do rejected = rejected + (design() and 1 or 0) end
  local rate = stats.wilson(rejected, count)
  rows[#rows + 1] = { name, ("%.3f [%.3f, %.3f]"):format(rate.estimate, rate.low, rate.high) }
  print(("%-40s %s"):format(name, rows[#rows][2]))
end
lunette.display(lunette.table(rows, { columns = { "design", "rejected at 5 %" } }))
