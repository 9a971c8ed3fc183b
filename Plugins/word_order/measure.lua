-- One trial: the same nouns in every order, from the same noise.
local daam = require "daam"
local study = require "study"

local measures, words = study.measures, study.words
local measure = {}

-- {noun = map statistics}, and the mean overlap of two nouns' maps
local function maps_of(out, index, order, steps)
  local maps, found, tensors = daam.maps(out, { index = index }), {}, {}
  for i, noun in ipairs(order) do
    tensors[i] = maps:word(noun).map / steps
    found[i] = measures.map(tensors[i])
  end
  local sum, count = 0, 0
  for i = 1, #order do
    for j = i + 1, #order do
      sum, count = sum + measures.overlap(tensors[i], tensors[j]), count + 1
    end
  end
  return found, sum / count
end

local function changes_of(pictures, clip)
  local changes = {}
  for i = 1, #pictures do
    for j = i + 1, #pictures do changes[#changes + 1] = measures.change(pictures[i], pictures[j], clip) end
  end
  return changes
end

local function trial(model, key, opts)
  local orders, prompts = study.draws.permutations(key.nouns), {}
  for i, order in ipairs(orders) do prompts[i] = words.joined(order) end
  local out = model:generate{
    prompts = prompts, seed = key.seed, steps = key.steps, guidance = key.guidance, trace = true,
  }
  local pictures, drawn = out.images, {}
  for i, order in ipairs(orders) do
    local maps, overlap = maps_of(out, i, order, key.steps)
    drawn[i] = { order = order, seen = opts.judge:presence(pictures[i], order), maps = maps, overlap = overlap }
  end
  return { drawn = drawn, changes = changes_of(pictures, opts.clip) }
end

--- All trials of some sets of nouns.
-- @param opts sets (lists of 2 to 4 nouns), seeds, steps, guidance, judge, clip (or nil), trials
-- @return a list of { drawn = one { order =, seen =, maps =, overlap = } per order, the lists in it by position, changes = one
--   per pair of orders }, set by set and in it seed by seed
function measure.measure(model, opts)
  local keys = {}
  for _, set in ipairs(opts.sets) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = { nouns = set, seed = seed, steps = opts.steps, guidance = opts.guidance }
    end
  end
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do results[i] = trial(model, key, opts) end
    return results
  end)
end

return measure
