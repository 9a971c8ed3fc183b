-- What speeds and duels are held against: the same noun in other words, another seed, another noun; and whether a noun that is
-- lost is lost again.
local study = require "study"

local measures = study.measures
local nulls = {}

local function half_time(trial, which)
  local time = measures.half_time(trial[which])
  return time and time / #trial[which]
end

-- by noun and seed
local function table_of(trials, which)
  local times = {}
  for _, trial in ipairs(trials) do
    times[trial.noun] = times[trial.noun] or {}
    times[trial.noun][trial.seed] = half_time(trial, which)
  end
  return times
end

-- the mean distance of a time from others; nil without any
local function distance(time, others)
  local sum = 0
  for _, other in ipairs(others) do sum = sum + math.abs(time - other) end
  return #others > 0 and sum / #others or nil
end

--- How far the half-time of a noun is, in shares of the run, from that of other nouns from the same noise, of the same noun in
-- other words from the same noise, and of the same noun from other seeds.
-- @param trials, reworded of generation_speed.nouns, the second with null = "wording"; which "predicted" or "noisy"
-- @return a list of { noun =, other =, wording =, seed = }, one per noun and seed of the reworded trials
function nulls.apart(trials, reworded, which)
  local times, rows = table_of(trials, which), {}
  for _, trial in ipairs(reworded) do
    local own, elsewhere, others = times[trial.noun][trial.seed], {}, {}
    for seed, time in pairs(times[trial.noun]) do
      if seed ~= trial.seed then elsewhere[#elsewhere + 1] = time end
    end
    for noun, by_seed in pairs(times) do
      if noun ~= trial.noun and by_seed[trial.seed] then others[#others + 1] = by_seed[trial.seed] end
    end
    if own then
      rows[#rows + 1] = {
        noun = trial.noun, other = distance(own, others), wording = distance(own, { half_time(trial, which) }),
        seed = distance(own, elsewhere),
      }
    end
  end
  return rows
end

--- Of pictures that show exactly one of two nouns: is the other one lost again in the other order, in other words, and from another
-- seed?
-- @param trials of generation_speed.pairs; opts steps, guidance, judge, trials
-- @return a list of { order =, wording =, seed = (shares from 0 to 1), unit = the pair }
function nulls.again(model, trials, opts)
  local keys, of, by_prompt = {}, {}, {}
  for _, trial in ipairs(trials) do
    by_prompt[table.concat({ trial.nouns[1], trial.nouns[2], trial.seed }, "\0")] = trial
    if trial.present[1] ~= trial.present[2] then
      keys[#keys + 1] = {
        what = "again", nouns = trial.nouns, seed = trial.seed, steps = opts.steps, guidance = opts.guidance,
      }
      of[#keys] = trial
    end
  end
  local results = opts.trials:run(keys, function(part)
    local list = {}
    for i, key in ipairs(part) do
      local requests = { table.unpack(study.nulls.rewordings(key.nouns)) }
      requests[#requests + 1] = {
        prompt = study.words.joined(key.nouns), seed = study.nulls.other_seed(key.seed),
      }
      list[i] = {}
      for k, request in ipairs(requests) do
        local picture = model:generate{
          prompt = request.prompt, seed = request.seed or key.seed, steps = key.steps, guidance = key.guidance,
        }.image
        local seen = opts.judge:presence(picture, key.nouns)
        list[i][k] = { name = request.seed and "seed" or "wording", present = { seen[1].present, seen[2].present } }
      end
    end
    return list
  end)
  local rows = {}
  for i, trial in ipairs(of) do
    local lost, sums = trial.present[1] and 2 or 1, { wording = { 0, 0 }, seed = { 0, 0 } }
    for _, one in ipairs(results[i]) do
      local sum = sums[one.name]
      sum[1], sum[2] = sum[1] + (one.present[lost] and 0 or 1), sum[2] + 1
    end
    local turned = by_prompt[table.concat({ trial.nouns[2], trial.nouns[1], trial.seed }, "\0")]
    rows[i] = {
      order = turned and (turned.present[3 - lost] and 0 or 1), wording = sums.wording[1] / sums.wording[2],
      seed = sums.seed[1] / sums.seed[2], unit = trial.nouns,
    }
  end
  return rows
end

return nulls
