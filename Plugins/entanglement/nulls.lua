-- What happens to a noun when nothing stands beside it: the same noun in other words, and from another seed. And the likeness of
-- pictures that are not the ones in question.
local study = require "study"

local words = study.words
local nulls = {}

local function reworded(noun) return study.nulls.rewordings{ noun }[1].prompt end

local function requests(key)
  return {
    wording = { prompt = reworded(key.noun), seed = key.seed, steps = key.steps, guidance = key.guidance },
    seed = {
      prompt = words.with_article(key.noun), seed = study.nulls.other_seed(key.seed), steps = key.steps,
      guidance = key.guidance,
    },
  }
end

--- Whether each noun of some pairs is drawn alone, in other words and from another seed.
-- @param opts pairs, seeds, steps, guidance, judge, trials
-- @return by noun and seed { wording =, seed = }, booleans
function nulls.alone(model, opts)
  local keys, seen = {}, {}
  for _, pair in ipairs(opts.pairs) do
    for _, noun in ipairs(pair) do
      for _, seed in ipairs(seen[noun] and {} or opts.seeds) do
        keys[#keys + 1] = { what = "alone", noun = noun, seed = seed, steps = opts.steps, guidance = opts.guidance }
      end
      seen[noun] = true
    end
  end
  local results = opts.trials:run(keys, function(part)
    local list = {}
    for i, key in ipairs(part) do
      list[i] = {}
      for name, request in pairs(requests(key)) do
        list[i][name] = opts.judge:presence(model:generate(request).image, { key.noun })[1].present
      end
    end
    return list
  end)
  local found = {}
  for i, key in ipairs(keys) do
    found[key.noun] = found[key.noun] or {}
    found[key.noun][key.seed] = results[i]
  end
  return found
end

--- Of every noun that is drawn alone: is it lost beside the other one, in other words, and from another seed?
-- @param trials of entanglement.pairs; alone = what nulls.alone gave
-- @return a list of { beside =, wording =, seed = (1 and 0), unit = the pair }
function nulls.losses(trials, alone)
  local rows = {}
  for _, trial in ipairs(trials) do
    for i, noun in ipairs(trial.nouns) do
      local null = alone[noun][trial.seed]
      if trial.alone[i] then
        rows[#rows + 1] = {
          beside = trial.present[i] and 0 or 1, wording = null.wording and 0 or 1, seed = null.seed and 0 or 1,
          unit = trial.nouns,
        }
      end
    end
  end
  return rows
end

--- How alike the nouns of every pair are in pictures that are not those of a trial: in other words from its seed ("wording"), in
-- the same words from another ("seed").
-- @param opts nouns, seeds, steps, guidance, clip (or nil), trials
-- @return a function of a name and a trial of entanglement.continue, that gives { coarse =, clip = }
function nulls.likeness(model, opts)
  local keys = {}
  for _, null in ipairs{ "wording", "seed" } do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = {
        what = "likeness", null = null, nouns = opts.nouns, seed = seed, steps = opts.steps, guidance = opts.guidance,
      }
    end
  end
  local results = opts.trials:run(keys, function(part)
    local list = {}
    for i, key in ipairs(part) do
      local pictures, found = {}, {}
      for k, noun in ipairs(key.nouns) do
        pictures[k] = model:generate(requests{
          noun = noun, seed = key.seed, steps = key.steps, guidance = key.guidance,
        }[key.null]).image
      end
      for a = 1, #pictures do
        for b = a + 1, #pictures do
          local change = study.measures.change(pictures[a], pictures[b], opts.clip)
          found[#found + 1] = { a = a, b = b, coarse = 1 - change.coarse, clip = change.clip and 1 - change.clip }
        end
      end
      list[i] = { pairs = found }
    end
    return list
  end)
  local known = {}
  for i, key in ipairs(keys) do
    for _, one in ipairs(results[i].pairs) do
      local a, b = key.nouns[one.a], key.nouns[one.b]
      for _, name in ipairs{ a .. "\0" .. b, b .. "\0" .. a } do
        known[key.null .. "\0" .. name .. "\0" .. key.seed] = one
      end
    end
  end
  return function(null, trial)
    return known[table.concat({ null, trial.from, trial.to, trial.seed }, "\0")]
  end
end

return nulls
