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
  local pictures, drawn, nulls = out.images, {}, {}
  for i, order in ipairs(orders) do
    local maps, overlap = maps_of(out, i, order, key.steps)
    drawn[i] = { order = order, seen = opts.judge:presence(pictures[i], order), maps = maps, overlap = overlap }
  end
  -- What the first order changes by when its order does not change.
  local same = { table.unpack(study.nulls.rewordings(key.nouns)) }
  same[#same + 1] = { name = "another seed", prompt = prompts[1], seed = study.nulls.other_seed(key.seed) }
  for i, null in ipairs(same) do
    local picture = model:generate{
      prompt = null.prompt, seed = null.seed or key.seed, steps = key.steps, guidance = key.guidance,
    }.image
    nulls[i] = {
      name = null.name, is_seed = null.seed ~= nil, seen = opts.judge:presence(picture, orders[1]),
      change = measures.change(pictures[1], picture, opts.clip),
    }
  end
  return { drawn = drawn, changes = changes_of(pictures, opts.clip), nulls = nulls }
end

--- All trials of some sets of nouns.
-- @param opts sets (lists of 2 to 4 nouns), seeds, steps, guidance, judge, clip (or nil), trials
-- @return a list of { drawn = one { order =, seen =, maps =, overlap = } per order, the lists in it by position, changes = one
--   per pair of orders, nulls = the first order in other words and from another seed: { name =, is_seed =, seen =, change = } },
-- set
--   by set and in it seed by seed
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
