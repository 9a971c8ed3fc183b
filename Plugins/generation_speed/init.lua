-- Generation speed: how soon a noun's picture is what it will be (Du et al., "Stable Diffusion is Unstable", NeurIPS 2023).
local lunette = require "lunette"
local study = require "study"

local measures, words = study.measures, study.words
local nulls = require "generation_speed.nulls"
local generation_speed = { apart = nulls.apart, again = nulls.again }

--- The likeness of each step's picture to the final one, by SSIM.
-- @return { noisy = of the decoded latents of each step, predicted = of the decoded predicted x₀ }, lists by step
function generation_speed.curves(model, request)
  local noisy, predicted = {}, {}
  local options = {}
  for key, value in pairs(request) do options[key] = value end
  options.on_step_end = function(step)
    noisy[step.index], predicted[step.index] = step.latents, step.denoised
  end
  local out = model:generate(options)
  local final = out.image
  local function likeness(latents)
    local curve = {}
    for step, state in ipairs(latents) do
      curve[step] = lunette.metrics.ssim(lunette.image.new(model:decode(state)), final)
    end
    return curve
  end
  return { noisy = likeness(noisy), predicted = likeness(predicted) }, out
end

--- The curves of every noun from every seed: the same seed is the same noise for all nouns.
-- @param opts nouns, seeds, steps, guidance, judge, trials, null ("wording": every noun in other words, "a picture of …")
-- @return a list of { noun =, seed =, noisy =, predicted =, present =, area = (nil where the judge does not say) }, noun by noun
--   and in it seed by seed
function generation_speed.nouns(model, opts)
  local keys = {}
  for _, noun in ipairs(opts.nouns) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = {
        what = "noun", noun = noun, null = opts.null, seed = seed, steps = opts.steps, guidance = opts.guidance,
      }
    end
  end
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local prompt = key.null == "wording" and study.nulls.rewordings{ key.noun }[1].prompt
        or words.with_article(key.noun)
      local curves, out = generation_speed.curves(model, {
        prompt = prompt, seed = key.seed, steps = key.steps, guidance = key.guidance,
      })
      local seen = opts.judge:presence(out.image, { key.noun })[1]
      results[i] = {
        noun = key.noun, seed = key.seed, noisy = curves.noisy, predicted = curves.predicted, present = seen.present,
        area = seen.area,
      }
    end
    return results
  end)
end

--- Which noun of "X and Y" is drawn, in both orders.
-- @param opts pairs, seeds, steps, guidance, judge, trials
-- @return a list of { nouns = in the order of the prompt, seed =, present = { first, second } }
function generation_speed.pairs(model, opts)
  local keys = {}
  for _, pair in ipairs(opts.pairs) do
    for _, nouns in ipairs{ pair, { pair[2], pair[1] } } do
      for _, seed in ipairs(opts.seeds) do
        keys[#keys + 1] = { what = "pair", nouns = nouns, seed = seed, steps = opts.steps, guidance = opts.guidance }
      end
    end
  end
  return opts.trials:run(keys, function(part)
    local prompts, seeds, results = {}, {}, {}
    for i, key in ipairs(part) do prompts[i], seeds[i] = words.joined(key.nouns), key.seed end
    local out = model:generate{ prompts = prompts, seeds = seeds, steps = opts.steps, guidance = opts.guidance }
    local pictures = out.images
    for i, key in ipairs(part) do
      local seen = opts.judge:presence(pictures[i], key.nouns)
      results[i] = { nouns = key.nouns, seed = key.seed, present = { seen[1].present, seen[2].present } }
    end
    return results
  end)
end

--- The half-time of each noun: the mean over its trials, in shares of the steps.
-- @param which "predicted" or "noisy"
-- @return by noun { mean =, values = }; without a value where no curve gets half way
function generation_speed.half_times(trials, which)
  local found = {}
  for _, trial in ipairs(trials) do
    local entry = found[trial.noun] or { values = {} }
    found[trial.noun] = entry
    local time = measures.half_time(trial[which])
    if time then entry.values[#entry.values + 1] = time / #trial[which] end
  end
  for _, entry in pairs(found) do
    if #entry.values > 0 then entry.mean = lunette.stats.mean(entry.values) end
  end
  return found
end

-- what a straight line through the ranks of `by` leaves of the ranks of `values`
local function residuals(values, by)
  local x, y = lunette.stats.ranks(by), lunette.stats.ranks(values)
  local fit, list = lunette.stats.linear_regression(x, y), {}
  local intercept, slope = fit.coefficients[1].estimate, fit.coefficients[2].estimate
  for i = 1, #y do list[i] = y[i] - intercept - slope * x[i] end
  return list
end

--- Spearman's correlation of two lists with a third partialled out of both.
-- @param list of { a, b, by }
function generation_speed.partial(list)
  local a, b, by = {}, {}, {}
  for i, one in ipairs(list) do a[i], b[i], by[i] = one[1], one[2], one[3] end
  return lunette.stats.pearson(residuals(a, by), residuals(b, by)).estimate
end

--- The mean of curves of one length.
function generation_speed.mean_curve(curves)
  local mean = {}
  for step = 1, #curves[1] do
    local sum = 0
    for _, curve in ipairs(curves) do sum = sum + curve[step] end
    mean[step] = sum / #curves
  end
  return mean
end

--- Of pictures that show exactly one of two nouns: is it the faster one? Pairs of equal speed do not count.
-- @param times by noun { mean = }
-- @return lists that go together: faster_survives (booleans), lead (difference of the half-times, slower − faster), cluster (the
--   pair of nouns), first_survives (booleans)
function generation_speed.duels(trials, times)
  local duels = { faster_survives = {}, lead = {}, cluster = {}, first_survives = {} }
  for _, trial in ipairs(trials) do
    local first, second = trial.present[1], trial.present[2]
    local a, b = times[trial.nouns[1]], times[trial.nouns[2]]
    if first ~= second and a and b and a.mean and b.mean and a.mean ~= b.mean then
      local names = { trial.nouns[1], trial.nouns[2] }
      table.sort(names)
      local is_first_faster = a.mean < b.mean
      table.insert(duels.faster_survives, is_first_faster == first)
      table.insert(duels.first_survives, first)
      table.insert(duels.lead, math.abs(a.mean - b.mean))
      table.insert(duels.cluster, names)
    end
  end
  return duels
end

return generation_speed
