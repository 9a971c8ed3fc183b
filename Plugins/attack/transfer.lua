-- Where else the noun gets lost: on the search's noise, on other seeds, behind other first words, to other templates.
local lunette = require "lunette"
local Results = require "attack.results"
local arms = require "attack.arms"
local study = require "study"
local report = study.report
local transfer = {}

local function measured(results, list)
  return arms.rates(list, arms.pictures(results.model, list, results.o), "clip")
end

-- the same samples on the noise that the search had
local function on_own_noise(results, i, arm, opts)
  local list, task = {}, results.tasks[i]
  for k = 1, math.min(opts.own_noise, results.count) do
    local one = results.drawn[i][arm][k]
    list[k] = { text = one.text, noun = one.noun, seed = task.seed, named = one.named }
  end
  return measured(results, list)
end

local function best_of(results, i, arm) return (arms.best(results.drawn[i][arm], results.judged[i][arm])) end

local function on_unseen_seeds(results, i, arm, opts)
  local sample, list = best_of(results, i, arm), {}
  for k = 1, opts.seeds do
    list[k] = {
      text = sample.text, noun = sample.noun, seed = results.tasks[i].first_seed + 500 + k, named = sample.named,
    }
  end
  return measured(results, list)
end

local function behind_other_words(results, i, arm, opts)
  local sample, list = best_of(results, i, arm), {}
  for _, lead in ipairs(opts.leads) do
    local text = sample.text:gsub("^a photo of", lead)
    for k = 1, 2 do
      list[#list + 1] = {
        text = text, noun = sample.noun, seed = results.tasks[i].first_seed + 600 + k, named = sample.named,
      }
    end
  end
  return measured(results, list)
end

local function by_other_templates(results, i, arm)
  return arms.rates(results.drawn[i][arm], results.judged[i][arm], "elsewhere")
end

-- the arms whose texts somebody chose, and what they are held against
local shown = { "attack", "random", "reseeded", "start" }

--- What CLIP takes for something else, by way and arm.
-- @param opts own_noise (how many samples on the search's noise), seeds (how many unseen ones), leads (what stands in the place of
--   "a photo of")
-- @return a list of { name, rows = { noun, rates = by arm } }; the second is the best text on unseen seeds
function transfer.measure(results, opts)
  local ways = {
    { "on the search's own noise", on_own_noise },
    { ("the best text, %d unseen seeds"):format(opts.seeds), on_unseen_seeds },
    { "the best text, other words before it", behind_other_words },
    { "all samples, other templates of CLIP", by_other_templates },
  }
  local measured_ways = {}
  for k, way in ipairs(ways) do
    local rows = {}
    for i, task in ipairs(results.tasks) do
      rows[i] = { noun = task.noun, rates = {} }
      for _, arm in ipairs(shown) do rows[i].rates[arm] = way[2](results, i, arm, opts) end
    end
    measured_ways[k] = { name = way[1], rows = rows }
  end
  return measured_ways
end

--- The best text of the attack on unseen seeds minus that of random tokens, prompt by prompt.
-- @param ways of transfer.measure; `opts` level
function transfer.less_random(ways, opts)
  local values, nouns = arms.differences(ways[2].rows, "attack", "random", "rate")
  return study.estimate.mean(values, nouns, opts)
end

--- The shares as a table.
-- @param ways of transfer.measure
function transfer.table(ways)
  local rows = {}
  for k, way in ipairs(ways) do
    rows[k] = { way.name }
    for _, arm in ipairs(shown) do
      table.insert(rows[k], report.interval(Results.share(way.rows, arm, "rate"), "none"))
    end
  end
  return lunette.table(rows, { columns = { "lost according to CLIP", table.unpack(shown) } })
end

return transfer
