-- Draws a word alone and beside context words, and asks which sense came.
local daam = require "daam"
local study = require "study"

local measures, words = study.measures, study.words
local measure = {}

-- "a bat", or "a bat and a ball"
local function prompt_of(noun, context)
  return context and words.joined{ noun, context } or words.with_article(noun)
end

local function judged(judge, picture, noun, senses)
  local answer = judge:sense(picture, noun, senses)
  return answer.sense or false, answer.confidence
end

-- by noun, CLIP's vectors of its senses
local function vectors_of(clip, entries)
  local vectors = {}
  for _, entry in ipairs(clip and entries or {}) do
    vectors[entry.noun] = {}
    for i, sense in ipairs(entry.senses) do vectors[entry.noun][i] = study.sense_vector(clip, sense) end
  end
  return vectors
end

-- how much a picture is like each sense
local function likeness(clip, picture, vectors)
  if not clip then return nil end
  local seen, found = clip:image(picture), {}
  for i, vector in ipairs(vectors) do found[i] = (seen * vector):sum():item() end
  return found
end

-- what decides a verdict on senses, without the pictures
local function named(senses)
  local list = {}
  for i, sense in ipairs(senses) do
    list[i] = { label = sense.label, description = sense.description, examples = #(sense.examples or {}) }
  end
  return list
end

local function by_noun(entries)
  local senses = {}
  for _, entry in ipairs(entries) do senses[entry.noun] = entry.senses end
  return senses
end

local function maps_of(out, index, key)
  if not key.context then return nil end
  local maps = daam.maps(out, { index = index })
  local noun, context = maps:word(key.noun).map / key.steps, maps:word(key.context).map / key.steps
  return { noun = measures.map(noun), context = measures.map(context), overlap = measures.overlap(noun, context) }
end

-- what is drawn from every seed: the word alone, what that changes by when nothing of interest changes, and the context words
local function cases_of(entry)
  local cases = { {}, { null = "wording" }, { null = "seed" } }
  for _, context in ipairs(entry.contexts) do cases[#cases + 1] = { context = context } end
  return cases
end

local function keys_of(opts)
  local keys = {}
  for _, entry in ipairs(opts.words) do
    for _, case in ipairs(cases_of(entry)) do
      for _, seed in ipairs(opts.seeds) do
        keys[#keys + 1] = {
          what = "sense", noun = entry.noun, context = case.context, null = case.null, seed = seed, steps = opts.steps,
          guidance = opts.guidance, senses = named(entry.senses),
        }
      end
    end
  end
  return keys
end

--- The word alone, the same in other words ("a picture of …") and from another seed, and beside every context word, from every
-- seed.
-- @param opts words (entries { noun =, senses =, contexts = }), seeds, steps, guidance, judge, clip (or nil), trials
-- @return a list of { noun =, context = word or nil, null = nil, "wording" or "seed", seed = (with null "seed": the one that the
--   other stands for), sense = number or false where the noun was not found, confidence =, likeness = CLIP's cosine with each
--   sense (or nil), maps = of noun and context }
function measure.pictures(model, opts)
  local vectors, senses = vectors_of(opts.clip, opts.words), by_noun(opts.words)
  return opts.trials:run(keys_of(opts), function(part)
    local prompts, seeds, results = {}, {}, {}
    for i, key in ipairs(part) do
      prompts[i] = (key.null == "wording" and "a picture of " or "") .. prompt_of(key.noun, key.context)
      seeds[i] = key.null == "seed" and study.nulls.other_seed(key.seed) or key.seed
    end
    local out = model:generate{
      prompts = prompts, seeds = seeds, steps = opts.steps, guidance = opts.guidance, trace = true,
    }
    local pictures = out.images
    for i, key in ipairs(part) do
      local sense, confidence = judged(opts.judge, pictures[i], key.noun, senses[key.noun])
      results[i] = {
        noun = key.noun, context = key.context, null = key.null, seed = key.seed, sense = sense,
        confidence = confidence,
        likeness = likeness(opts.clip, pictures[i], vectors[key.noun]), maps = maps_of(out, i, key),
      }
    end
    return results
  end)
end

--- Pictures from mixtures of the embeddings of the word alone (0) and beside a context word (1).
-- @param opts noun, context, senses, shares (from 0 to 1), seeds, steps, guidance, judge, trials
-- @return a list of { share =, seed =, sense =, confidence = }, share by share and in it seed by seed
function measure.mixtures(model, opts)
  local keys = {}
  for _, share in ipairs(opts.shares) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = {
        what = "mixture", noun = opts.noun, context = opts.context, share = share, seed = seed, steps = opts.steps,
        guidance = opts.guidance, senses = named(opts.senses),
      }
    end
  end
  local alone, beside = model:encode(prompt_of(opts.noun)), model:encode(prompt_of(opts.noun, opts.context))
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local out = model:generate{
        embedding = alone * (1 - key.share) + beside * key.share, seed = key.seed, steps = opts.steps,
        guidance = opts.guidance,
      }
      local sense, confidence = judged(opts.judge, out.image, opts.noun, opts.senses)
      results[i] = { share = key.share, seed = key.seed, sense = sense, confidence = confidence }
    end
    return results
  end)
end

return measure
