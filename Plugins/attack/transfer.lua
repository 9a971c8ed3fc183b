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

--- The share that CLIP takes for something else, by way and arm.
-- @param opts own_noise (how many samples on the search's noise), seeds (how many unseen ones), leads (what stands in the place of
--   "a photo of")
function transfer.table(results, opts)
  local rows = {}
  for k, way in ipairs{
    { "on the search's own noise", on_own_noise },
    { ("the best text, %d unseen seeds"):format(opts.seeds), on_unseen_seeds },
    { "the best text, other words before it", behind_other_words },
    { "all samples, other templates of CLIP", by_other_templates },
  } do
    rows[k] = { way[1] }
    for _, arm in ipairs(arms.names) do
      local list = {}
      for i, task in ipairs(results.tasks) do
        list[i] = { noun = task.noun, rates = { [arm] = way[2](results, i, arm, opts) } }
      end
      table.insert(rows[k], report.interval(Results.share(list, arm, "rate"), "none"))
    end
  end
  return lunette.table(rows, { columns = { "lost according to CLIP", table.unpack(arms.names) } })
end

return transfer
