-- Prompt B from prompt A's step k: how long can the plan still change?
local lunette = require "lunette"
local study = require "study"

local words = study.words
local continuation = {}

-- the state that enters each of the steps, and the finished picture, of A
local function begun(model, key, entries)
  local kept, wanted = {}, {}
  for _, step in ipairs(entries) do wanted[step] = true end
  local out = model:generate{
    prompt = key.reworded or words.with_article(key.from), seed = key.seed, steps = key.steps, guidance = key.guidance,
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
      steps = key.steps, guidance = key.guidance,
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

--- The null of a continuation: B from the latents of its own picture in other words ("a picture of …").
-- @param opts as of measure
-- @return a list as of measure, with from = to
function continuation.of_itself(model, opts)
  local keys = {}
  for _, noun in ipairs(opts.nouns) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = {
        what = "continue", from = noun, to = noun, reworded = study.nulls.rewordings{ noun }[1].prompt, seed = seed,
        entries = opts.entries, steps = opts.steps, guidance = opts.guidance,
      }
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
-- @param likeness gets a trial and gives { coarse =, clip = }; the trial's own unless given
-- @return predictors { step, coarse, clip } (clip only where every trial has it), whether B was drawn, and the pair of nouns as
--   clusters
function continuation.observations(trials, entries, likeness)
  local predictors, outcome, clusters = { step = {}, coarse = {}, clip = {} }, {}, {}
  for _, one in ipairs(trials) do
    local alike = likeness and likeness(one) or one
    for i = 2, one.becomes[1] and #entries or 1 do
      local place = #outcome + 1
      outcome[place], clusters[place] = one.becomes[i], { one.from, one.to }
      predictors.step[place], predictors.coarse[place] = entries[i], alike.coarse
      predictors.clip[place] = alike.clip
    end
  end
  if #predictors.clip < #outcome then predictors.clip = nil end
  return predictors, outcome, clusters
end

--- A null that trusts no standard error: the nouns change their names in the likenesses, all pairs of a noun together, so that
-- likeness keeps its structure and loses what it is the likeness of.
-- @param predictor "coarse" or "clip"; count of permutations
-- @return { estimate = the coefficient (log odds per standard deviation), p = the share of permutations, the own among them, whose
--   coefficient is as far from 0 }, or nil and why there is none
function continuation.permuted(trials, entries, predictor, count)
  local nouns, place, of = {}, {}, {}
  for _, one in ipairs(trials) do
    for _, noun in ipairs{ one.from, one.to } do
      if not place[noun] then nouns[#nouns + 1], place[noun] = noun, #nouns + 1 end
    end
    of[one.from .. "\0" .. one.to .. "\0" .. one.seed] = one
  end
  local function coefficient(order)
    local function renamed(one)
      local from, to = nouns[order[place[one.from]]], nouns[order[place[one.to]]]
      return of[from .. "\0" .. to .. "\0" .. one.seed]
    end
    local predictors, outcome, clusters = continuation.observations(trials, entries, renamed)
    local found, reason = study.regression(predictors, outcome, clusters)
    for _, one in ipairs(found or {}) do
      if one.name == predictor then return one.estimate end
    end
    return nil, found and "not measured" or reason
  end
  local order = {}
  for i = 1, #nouns do order[i] = i end
  local own, reason = coefficient(order)
  if not own then return nil, reason end
  local as_far, usable = 1, 1
  for number = 1, count do
    for i, picked in ipairs(lunette.tensor.randperm(#nouns, { seed = number }):tolist()) do
      order[i] = math.tointeger(picked)
    end
    local other = coefficient(order)
    if other then
      usable = usable + 1
      if math.abs(other) >= math.abs(own) - 1e-12 then as_far = as_far + 1 end
    end
  end
  return { estimate = own, p = as_far / usable, n = usable }
end

return continuation
