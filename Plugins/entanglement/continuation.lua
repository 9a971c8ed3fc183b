-- Prompt B from prompt A's step k: how long can the plan still change?
local study = require "study"

local words = study.words
local continuation = {}

-- the state that enters each of the steps, and the finished picture, of A
local function begun(model, key, entries)
  local kept, wanted = {}, {}
  for _, step in ipairs(entries) do wanted[step] = true end
  local out = model:generate{
    prompt = words.with_article(key.from), seed = key.seed, steps = key.steps, guidance = key.guidance,
    on_step = function(step)
      if wanted[step.index] then kept[step.index] = step.latents:clone() end
    end,
  }
  return kept, out.image
end

local function trial(model, key, opts)
  local kept, picture_of_a = begun(model, key, opts.entries)
  local becomes, stays, likeness = {}, {}, {}
  for i, step in ipairs(opts.entries) do
    local picture = model:generate{
      prompt = words.with_article(key.to), latents = kept[step], start_step = step,
      seed = key.seed, steps = key.steps, guidance = key.guidance,
    }.image
    becomes[i] = opts.judge:presence(picture, { key.to })[1].present
    stays[i] = opts.judge:presence(picture, { key.from })[1].present
    if i == 1 then likeness = study.measures.change(picture_of_a, picture, opts.clip) end
  end
  return {
    from = key.from, to = key.to, seed = key.seed, becomes = becomes, stays = stays,
    coarse = 1 - likeness.coarse, clip = likeness.clip and 1 - likeness.clip,
  }
end

--- Continues B from A's latents for every ordered pair of nouns.
-- @param opts nouns, seeds, entries (the steps at which B takes over, the first one 1: B alone), steps, guidance, judge, clip (or
--   nil), trials
-- @return a list of { from =, to =, seed =, becomes = whether B is drawn, stays = whether A is, both by entry, coarse = likeness of
--   A alone and B alone by low-pass SSIM, clip = by CLIP (or nil) }
function continuation.measure(model, opts)
  local keys = {}
  for _, from in ipairs(opts.nouns) do
    for _, to in ipairs(opts.nouns) do
      for _, seed in ipairs(from == to and {} or opts.seeds) do
        keys[#keys + 1] = {
          what = "continue", from = from, to = to, seed = seed, entries = opts.entries,
          steps = opts.steps, guidance = opts.guidance,
        }
      end
    end
  end
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do results[i] = trial(model, key, opts) end
    return results
  end)
end

--- Of the trials whose B is drawn when it takes over at the first entry, how often it is drawn at each: by entry { successes =,
-- n = }, for all pairs or for one.
function continuation.success(trials, entries, from, to)
  local found = {}
  for i = 1, #entries do found[i] = { successes = 0, n = 0 } end
  for _, trial_ in ipairs(trials) do
    if (not from or trial_.from == from) and (not to or trial_.to == to) and trial_.becomes[1] then
      for i = 1, #entries do
        found[i].n = found[i].n + 1
        if trial_.becomes[i] then found[i].successes = found[i].successes + 1 end
      end
    end
  end
  return found
end

--- What a regression needs to tell whether likeness helps to finish A as B: one observation per trial and entry after the first,
-- of the trials whose B is drawn from noise.
-- @return predictors { step, coarse, clip } (clip only where every trial has it), whether B was drawn, and the pair of nouns as
--   clusters
function continuation.observations(trials, entries)
  local predictors, outcome, clusters = { step = {}, coarse = {}, clip = {} }, {}, {}
  for _, one in ipairs(trials) do
    for i = 2, one.becomes[1] and #entries or 1 do
      local place = #outcome + 1
      outcome[place], clusters[place] = one.becomes[i], { one.from, one.to }
      predictors.step[place], predictors.coarse[place] = entries[i], one.coarse
      predictors.clip[place] = one.clip
    end
  end
  if #predictors.clip < #outcome then predictors.clip = nil end
  return predictors, outcome, clusters
end

return continuation
