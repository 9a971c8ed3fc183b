-- Which of the paper's four reasons a lost noun shows, by the measures of the four studies. A picture is known here by its
-- prompt, text, noun, rival and seed: neither its arm nor whether the noun was lost.
local lunette = require "lunette"
local daam = require "daam"
local generation_speed = require "generation_speed"
local arms = require "attack.arms"
local defence = require "attack.defence"
local study = require "study"
local measures, report, words = study.measures, study.report, study.words
local failure = {}

-- A noun alone: when its curve is half way, and its picture. The same noun and noise come in several arms: what was drawn is kept.
local function alone(model, noun, seed, o)
  local name = noun .. "\0" .. seed
  if not o.kept[name] then
    local curves, out = generation_speed.curves(model, {
      prompt = words.with_article(noun), seed = seed, steps = o.steps, guidance = o.guidance, width = o.width,
      height = o.height,
    })
    o.kept[name] = { half_time = measures.half_time(curves.predicted) or #curves.predicted, picture = out.image }
  end
  return o.kept[name]
end

-- the overlap of the noun's map with that of the words that the clean prompt has not
local function overlap(model, key, o)
  local out = model:generate{
    prompt = key.text, seed = key.seed, steps = o.steps,
    guidance = o.guidance, width = o.width, height = o.height, trace = true,
  }
  local tokens = model:tokenize(key.text)
  local clean = {}
  for _, word in ipairs(model:tokenize(key.prompt).words) do clean[word] = true end
  local noun_rows = {}
  for _, place in ipairs(lunette.text.find(tokens.words, key.noun)) do
    for number = place[1], place[2] do noun_rows[number] = true end
  end
  local heat = daam.maps(out).heat
  local own, rest
  for _, token in ipairs(tokens) do
    if token.word and token.position <= heat:size(1) then
      local map = heat[token.position]
      if noun_rows[token.word] then
        own = own and own + map or map
      elseif not clean[tokens.words[token.word]] then
        rest = rest and rest + map or map
      end
    end
  end
  return own and rest and measures.overlap(own, rest) or nil, out.image
end

-- the added words first, the prompt's own last
local function moved_text(model, key)
  return defence.reworded(model, key, "added words first").text
end

local function sense_of(o, picture, noun)
  local senses = o.senses and o.senses[noun]
  return senses and o.judge:sense(picture, noun, senses).sense or nil
end

local function measured(model, key, o)
  local noun, rival = alone(model, key.noun, key.seed, o), alone(model, key.rival, key.seed, o)
  local result = {
    half_time = noun.half_time, rival_half_time = rival.half_time,
    likeness = measures.coarse_ssim(noun.picture, rival.picture),
  }
  local picture
  result.overlap, picture = overlap(model, key, o)
  local function drawn(text)
    return model:generate{
      prompt = text, seed = key.seed, steps = o.steps,
      guidance = o.guidance, width = o.width, height = o.height,
    }.image
  end
  local clean, changed = sense_of(o, drawn(key.prompt), key.noun), sense_of(o, picture, key.noun)
  if clean and changed then result.other_sense = clean ~= changed end
  local moved = drawn(moved_text(model, key))
  result.returns = o.eye:label(moved) == o.eye.place[key.noun]
  result.returns_to_judge = o.judge:presence(moved, { key.noun })[1].present
  return result
end

--- Measures pictures.
-- @param samples a list of { prompt, text, noun, rival (the class that CLIP sees, or the best other one), seed }
-- @param o steps, guidance, width, height, eye, judge, senses (by noun, lists of senses, or nil), trials
-- @return a list of { half_time, rival_half_time (steps, of the two nouns alone), likeness (low-pass SSIM of the two alone),
--   overlap (of the noun's map with that of the added words, or nil), other_sense (or nil where the noun has one sense), returns
--   (whether CLIP sees the noun when the added words stand first), returns_to_judge }
function failure.measure(model, samples, o)
  local keys, tools = {}, { kept = {} }
  for name, value in pairs(o) do tools[name] = value end
  for i, sample in ipairs(samples) do
    keys[i] = {
      what = "failure", prompt = sample.prompt, text = sample.text, noun = sample.noun, rival = sample.rival,
      seed = sample.seed, steps = o.steps, guidance = o.guidance, width = o.width, height = o.height,
    }
  end
  return o.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do results[i] = measured(model, key, tools) end
    return results
  end)
end

--- The senses of a world's nouns, by noun; nil without a world.
function failure.senses(world)
  if not world or not world.polysemes then return nil end
  local senses = {}
  for noun, facts in pairs(world.polysemes) do
    senses[noun] = { { label = facts.senses[1] }, { label = facts.senses[2] } }
  end
  return senses
end

--- How alike two nouns' pictures are by chance: low-pass SSIM of random pairs from one noise, sorted.
-- @param o nouns, count, steps, guidance, width, height, trials
function failure.likeness_by_chance(model, o)
  local keys = {}
  for i, pair in ipairs(study.draws.sets(o.nouns, 2, o.count, 3)) do
    keys[i] = {
      what = "likeness", nouns = pair, seed = i, steps = o.steps, guidance = o.guidance, width = o.width,
      height = o.height,
    }
  end
  local found = o.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local pictures = model:generate{
        prompts = { words.with_article(key.nouns[1]), words.with_article(key.nouns[2]) }, seed = key.seed,
        steps = o.steps, guidance = o.guidance, width = o.width, height = o.height,
      }.images
      results[i] = { likeness = measures.coarse_ssim(pictures[1], pictures[2]) }
    end
    return results
  end)
  local values = {}
  for i, each in ipairs(found) do values[i] = each.likeness end
  table.sort(values)
  return values
end

--- The reasons that a measured picture shows.
-- @param alike from which likeness on two pictures count as alike
-- @return { speed, likeness, sense, order }, booleans; sense is nil where the noun has one sense
function failure.modes(result, alike)
  return {
    speed = result.rival_half_time < result.half_time, likeness = result.likeness > alike, sense = result.other_sense,
    order = result.returns,
  }
end

--- Pictures of every arm, those that CLIP takes for something else and others, at most `most` of each. What measures them is to get
-- their samples alone.
-- @param results of attack.results
-- @return a list of { sample = as failure.measure wants it, arm, lost }
function failure.chosen(results, most)
  local list = {}
  for _, arm in ipairs(arms.names) do
    for _, lost in ipairs{ true, false } do
      for _, one in ipairs(results:some(arm, most, function(sample, verdict)
        return sample.named and verdict.mistaken == lost
      end)) do
        local sample = one.sample
        list[#list + 1] = { arm = arm, lost = lost, sample = {
          prompt = sample.prompt, text = sample.text, noun = sample.noun, seed = sample.seed, rival = one.verdict.rival,
        } }
      end
    end
  end
  return list
end

local function row_of(name, chosen, found, alike, keep)
  local says, nouns = { speed = {}, likeness = {}, order = {}, none = {} }, {}
  local overlaps, other_sense, of_sense = {}, 0, 0
  for i, one in ipairs(chosen) do
    if keep(one) then
      local shows = failure.modes(found[i], alike)
      local place = #nouns + 1
      nouns[place] = one.sample.noun
      for _, reason in ipairs{ "speed", "likeness", "order" } do says[reason][place] = shows[reason] end
      says.none[place] = not (shows.speed or shows.likeness or shows.order or shows.sense)
      of_sense = of_sense + (shows.sense ~= nil and 1 or 0)
      other_sense = other_sense + (shows.sense and 1 or 0)
      overlaps[place] = found[i].overlap
    end
  end
  local function share(reason) return report.interval(study.estimate.share(says[reason], nouns)) end
  return {
    name, #nouns, share("speed"), share("likeness"), share("order"),
    of_sense > 0 and ("%d of %d"):format(other_sense, of_sense) or "–", share("none"),
    report.interval(study.estimate.mean(overlaps, nouns)),
  }
end

--- The reasons by arm, and of all lost beside all kept pictures.
-- @param chosen of failure.chosen, `found` of failure.measure, `alike` as for failure.modes
function failure.table(chosen, found, alike)
  local rows = {}
  for _, arm in ipairs(arms.names) do
    rows[#rows + 1] = row_of(arm .. ", lost", chosen, found, alike, function(one)
      return one.arm == arm and one.lost
    end)
  end
  for _, lost in ipairs{ true, false } do
    rows[#rows + 1] = row_of(lost and "all lost" or "all kept", chosen, found, alike, function(one)
      return one.lost == lost
    end)
  end
  return lunette.table(rows, {
    columns = {
      "pictures", "n", "speed [95 %]", "likeness [95 %]", "order [95 %]", "sense", "none of them [95 %]",
      "overlap [95 %]",
    },
  })
end

return failure
