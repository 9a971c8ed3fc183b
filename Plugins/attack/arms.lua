-- The arms of the study, their samples, and what they say. A sample is measured by its text, its noun and its seed alone:
-- which arm it belongs to is not known where it is measured.
local lunette = require "lunette"
local Eye = require "attack.eye"
local search = require "attack.search"
local stats = lunette.stats
local arms = {}

--- attack: texts drawn from the logits found; random: random tokens in the same places; reseeded: the clean prompt; start: texts
-- drawn from the logits as they start; reworded: the clean prompt with other words before it.
arms.names = { "attack", "random", "reseeded", "start", "reworded" }

-- MARK: Measuring

local function measured(key, picture, o)
  local label, logits = o.eye:label(picture)
  local class = o.eye.place[key.noun]
  local other = o.other_eye and o.other_eye:label(picture)
  local seen = o.judge:presence(picture, { key.noun })[1]
  local others = logits:clone()
  others[class] = -1e9
  return {
    label = o.eye.classes[label], rival = o.eye.classes[math.tointeger(others:argmax():item())],
    lead = Eye.lead(logits, class):item(), mistaken = label ~= class,
    mistaken_elsewhere = other and other ~= class, absent = not seen.present, confidence = seen.confidence,
  }
end

--- Pictures of texts, measured.
-- @param samples a list of { text, noun, seed }
-- @param o steps, guidance, width, height, eye, other_eye (with templates that no search used, or nil), judge, trials
-- @return a list of { label (what CLIP sees), rival (the best class that is not the noun), lead, mistaken (CLIP takes it for
--   another class), mistaken_elsewhere (the same by the other templates), absent (the judge does not see the noun), confidence }
function arms.pictures(model, samples, o)
  -- The same text from the same noise is drawn once.
  local keys, place, where = {}, {}, {}
  for i, sample in ipairs(samples) do
    local name = ("%d %s\0%s"):format(sample.seed, sample.noun, sample.text)
    if not place[name] then
      place[name] = #keys + 1
      keys[#keys + 1] = {
        what = "picture", text = sample.text, noun = sample.noun, seed = sample.seed, steps = o.steps,
        guidance = o.guidance, width = o.width, height = o.height,
      }
    end
    where[i] = place[name]
  end
  local results = o.trials:run(keys, function(part)
    local texts, seeds, found = {}, {}, {}
    for i, key in ipairs(part) do texts[i], seeds[i] = key.text, key.seed end
    local pictures = model:generate{
      prompts = texts, seeds = seeds, steps = o.steps, guidance = o.guidance, width = o.width, height = o.height,
    }.images
    for i, key in ipairs(part) do found[i] = measured(key, pictures[i], o) end
    return found
  end)
  local list = {}
  for i, number in ipairs(where) do list[i] = results[number] end
  return list
end

--- The picture of one sample, as arms.pictures draws it.
function arms.picture(model, sample, o)
  return model:generate{
    prompt = sample.text, seed = sample.seed, steps = o.steps, guidance = o.guidance,
    width = o.width, height = o.height,
  }.image
end

--- The first `count` candidates whose clean picture CLIP names rightly, as the original skips the others.
-- @return the tasks, and how many were skipped
function arms.recognised(model, candidates, count, o)
  local tasks, skipped = {}, 0
  for _, task in ipairs(candidates) do
    if #tasks == count then break end
    local clean = arms.pictures(model, { { text = task.prompt, noun = task.noun, seed = task.seed } }, o)[1]
    if clean.mistaken then skipped = skipped + 1 else tasks[#tasks + 1] = task end
  end
  return tasks, skipped
end

local function rounded(value) return value and tonumber(("%.4g"):format(value)) end

local function history_of(found)
  local history = { loss = {}, lead = {}, similarity = {} }
  for i, parts in ipairs(found.history) do
    for field, list in pairs(history) do list[i] = rounded(parts[field]) end
  end
  return history
end

--- Searches for a task's prompt, and draws its texts. What was found is kept under everything that decides it.
-- @param task { prompt, noun, seed, draw_seed }
-- @param settings of attack.search that are plain values; `samples` how many texts of each arm
-- @param tools eye, trials, corpus (texts that similarity is weighted by, or nil), on_iteration
-- @return { attack, random, start (lists of texts.typed's results), history { loss, lead, similarity by iteration }, clamped,
--   seconds, free (how many positions), padding_weight }
function arms.searched(model, task, settings, samples, tools)
  local key = {
    what = "search", prompt = task.prompt, noun = task.noun, seed = task.seed, draw_seed = task.draw_seed,
    samples = samples,
  }
  for name, value in pairs(settings) do key[name] = value end
  if tools.corpus then key.corpus = lunette.sha256(table.concat(tools.corpus, "\0")):sub(1, 16) end
  return tools.trials:run({ key }, function()
    local opts = {
      prompt = task.prompt, noun = task.noun, seed = task.seed, draw_seed = task.draw_seed,
      eye = tools.eye, corpus = tools.corpus, on_iteration = tools.on_iteration,
    }
    for name, value in pairs(settings) do opts[name] = value end
    local found = search.search(model, opts)
    return { {
      attack = found:texts(samples, "found"), random = found:texts(samples, "random"),
      start = found:texts(samples, "start"), history = history_of(found), clamped = found.clamped,
      seconds = found.seconds, free = #found.free, padding_weight = found.objective.padding_weight,
    } }
  end)[1]
end

-- what stands in sample j of an arm
local function typed_of(arm, task, found, j)
  if arm == "reseeded" then return { text = task.prompt, named = true, changed = 0 } end
  if arm == "reworded" then
    return { text = task.rewordings[(j - 1) % #task.rewordings + 1], named = true, changed = 1 }
  end
  return found[arm][j]
end

--- The samples of an arm: { text, noun, seed, named, changed }. Sample j has the same seed in every arm, one that no search has
-- seen.
function arms.samples(arm, task, found, count, first_seed)
  local list = {}
  for j = 1, count do
    local typed = typed_of(arm, task, found, j)
    list[j] = {
      text = typed.text, noun = task.noun, seed = first_seed + j, named = typed.named, changed = typed.changed,
      prompt = task.prompt,
    }
  end
  return list
end

-- MARK: What the samples say

--- Whether a sample succeeds: CLIP takes the picture for another class ("clip"), CLIP does with other templates ("elsewhere"), or
-- the judge does not see the noun ("judge"); and the noun still stands in the text.
function arms.succeeds(sample, result, by)
  local lost = result.mistaken
  if by == "judge" then lost = result.absent elseif by == "elsewhere" then lost = result.mistaken_elsewhere end
  return lost and sample.named or false
end

--- Of one prompt's samples: { rate (per sample), any (whether one succeeds), n, successes }.
function arms.rates(samples, results, by)
  local successes = 0
  for i, result in ipairs(results) do
    if arms.succeeds(samples[i], result, by) then successes = successes + 1 end
  end
  return { rate = successes / math.max(1, #results), any = successes > 0, n = #results, successes = successes }
end

--- "Any of n" that an error rate p of single pictures gives by chance, 1 − (1 − p)ⁿ, of an estimate with its interval.
function arms.any_of(share, count)
  local function any(p) return p and 1 - (1 - p) ^ count end
  return { estimate = any(share.estimate), low = any(share.low), high = any(share.high) }
end

local function number(value) return value == true and 1 or value or 0 end

--- Differences of two arms prompt by prompt, and whose they are: prompts of one noun are alike.
-- @param rows a list of { noun, rates = by arm { rate =, any = } }; `field` "rate" or "any"
-- @return a list of numbers, and of nouns
function arms.differences(rows, arm, other, field)
  local values, nouns = {}, {}
  for i, row in ipairs(rows) do
    values[i] = number(row.rates[arm][field]) - number(row.rates[other][field])
    nouns[i] = row.noun
  end
  return values, nouns
end

--- What an arm's samples ("rate") or prompts ("any") say, as booleans, and whose they are.
function arms.answers(rows, arm, field)
  local answers, nouns = {}, {}
  for _, row in ipairs(rows) do
    local of = row.rates[arm]
    for j = 1, field == "any" and 1 or of.n do
      if field == "any" then answers[#answers + 1] = of.any else answers[#answers + 1] = j <= of.successes end
      nouns[#nouns + 1] = row.noun
    end
  end
  return answers, nouns
end

--- Sign flips of whole nouns: how often chance gives a mean difference as large; nil for fewer than two nouns.
function arms.flipped(values, nouns)
  local zeros, has, count = {}, {}, 0
  for i, noun in ipairs(nouns) do
    zeros[i] = 0
    if not has[noun] then has[noun], count = true, count + 1 end
  end
  if count < 2 then return nil end
  return stats.permutation_test(values, zeros, { paired = true, clusters = nouns, seed = 1 })
end

--- The sample of the lowest lead among those that succeed by CLIP; the lowest of all where none does.
function arms.best(samples, results)
  local best, least, won
  for i, result in ipairs(results) do
    local wins = arms.succeeds(samples[i], result, "clip")
    if not best or wins and not won or wins == won and result.lead < least then
      best, least, won = samples[i], result.lead, wins
    end
  end
  return best, won or false
end

return arms
