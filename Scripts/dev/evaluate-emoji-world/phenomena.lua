-- What the model does with words: effects with their 95% intervals, and beside each the share that training had.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/phenomena.lua -- [seeds]
--
-- All by the judge; `seeds` (20) pictures for each caption. These are findings, not targets.
local lunette = require "lunette"
local captions = require "captions"
local drawing = require "drawing"
local intervals = require "intervals"
local world = require "emoji-world.world"

local seeds = math.tointeger(tonumber(arg[1]) or 20)
assert(seeds >= 4, "phenomena.lua: at least 4 seeds expected, for variances between seeds")
local model = assert(lunette.load())
local first_seed = 7000

local function repeated(entry)
  local jobs = {}
  for seed = 1, seeds do
    local job = { seed = first_seed + seed }
    for key, value in pairs(entry) do job[key] = value end
    jobs[seed] = job
  end
  return jobs
end

local function report(name, share, prior)
  print(("%-62s %-32s training %s"):format(name, intervals.text(share), prior))
end

local function percent(x) return ("%.0f%%"):format(100 * x) end

-- ------------------------------------------------------------------ senses

local function second_sense(shares, group, noun, prompt)
  local second = world.polysemes[noun].senses[2]
  drawing.each(model, repeated { prompt = prompt }, function(job, objects)
    local found = drawing.find(objects, noun)
    shares.note(group .. ": noun seen", job.prompt, found)
    if found then shares.note(group, job.prompt, found.label == second) end
  end)
end

local function senses()
  local shares, prior = intervals.counter(), world.sense_shares
  for noun, polyseme in lunette.spairs(world.polysemes) do
    second_sense(shares, "alone", noun, captions.thing(noun))
    second_sense(shares, "context", noun, captions.pair(noun, polyseme.contexts[1]))
    second_sense(shares, "held-out context", noun, captions.pair(noun, polyseme.held_out[1]))
  end
  print "Second sense, where the judge sees the noun"
  report("  alone", shares.share "alone", percent(1 - prior.first))
  report("  beside a context word", shares.share "context", percent(prior.second_in_context))
  report("  beside a kindred word that training never put there", shares.share "held-out context", "never shown")
  for _, group in ipairs { "alone", "context", "held-out context" } do
    report(("  noun seen: %s"):format(group), shares.share(group .. ": noun seen"), "all")
  end
end

-- ------------------------------------------------------------------ order and layout

local function order()
  local shares = intervals.counter()
  local chosen = captions.pairs(12, function(a, b) return not captions.held_out(a, b) end, 3)
  for _, pair in ipairs(chosen) do
    for _, relation in ipairs { "and", "to the left of", "to the right of" } do
      local wanted = relation == "to the right of" and -1 or 1
      drawing.each(model, repeated { prompt = captions.pair(pair[1], pair[2], relation) }, function(job, objects)
        local a, b = drawing.find(objects, pair[1]), drawing.find(objects, pair[2])
        if a and b then shares.note(relation, job.prompt, (b.x - a.x) * wanted > 0) end
      end)
    end
  end
  print "Places as the words say, where the judge sees both nouns"
  report("  X and Y: X stands left", shares.share "and", percent(world.layout.orderly))
  report("  X to the left of Y", shares.share "to the left of", "100%")
  report("  X to the right of Y", shares.share "to the right of", "100%")
end

-- ------------------------------------------------------------------ cohyponyms

local function cohyponyms()
  local shares = intervals.counter()
  local groups = {
    { "of one category", function(a, b) return captions.cohyponyms(a, b) and not captions.held_out(a, b) end },
    { "of two categories", function(a, b) return not captions.cohyponyms(a, b) and not captions.held_out(a, b) end },
  }
  for _, group in ipairs(groups) do
    for _, pair in ipairs(captions.pairs(12, group[2], 4)) do
      drawing.each(model, repeated { prompt = captions.pair(pair[1], pair[2]) }, function(job, objects)
        local a, b = drawing.find(objects, pair[1]), drawing.find(objects, pair[2])
        shares.note(group[1] .. ": both", job.prompt, a and b)
        shares.note(group[1] .. ": at least one", job.prompt, a or b)
      end)
    end
  end
  print "Two nouns"
  for _, group in ipairs(groups) do
    report(("  %s, both seen"):format(group[1]), shares.share(group[1] .. ": both"), "all")
    report(("  %s, at least one seen"):format(group[1]), shares.share(group[1] .. ": at least one"), "all")
  end
end

-- ------------------------------------------------------------------ without, and rows taken away

local faces = { "man", "cat", "bear", "pig" }
local accessories = { "glasses", "hat" }

local function worn_share(shares, name, entry, accessory)
  drawing.each(model, repeated(entry), function(job, objects)
    shares.note(name, job.face .. accessory, drawing.find(objects, accessory) ~= nil)
  end)
end

local function without()
  local shares = intervals.counter()
  for _, face in ipairs(faces) do
    for _, accessory in ipairs(accessories) do
      for _, joint in ipairs { "with", "without" } do
        worn_share(shares, joint, { face = face, prompt = captions.wearing(face, accessory, joint) }, accessory)
      end
      worn_share(shares, "none", { face = face, prompt = captions.thing(face) }, accessory)
    end
  end
  print "The accessory is there"
  report("  a cat with glasses", shares.share "with", "100%")
  report("  a cat without glasses", shares.share "without", percent(world.without.drawn_all_the_same))
  report("  a cat", shares.share "none", "0%")
end

-- The rows of a caption's embedding by what stands there: the accessory, end-of-text and its padding, the other words.
local function rows_of(prompt, accessory)
  local tokens, rows = model:tokenize(prompt), { word = {}, eot = {}, rest = {} }
  for _, token in ipairs(tokens) do
    if token.text == accessory then
      rows.word[#rows.word + 1] = token.position
    elseif token.word then
      rows.rest[#rows.rest + 1] = token.position
    end
  end
  for position = tokens.eot, #tokens.ids do rows.eot[#rows.eot + 1] = position end
  return rows
end

local function without_rows(embedding, ...)
  local changed = embedding:clone()
  for _, rows in ipairs { ... } do
    for _, row in ipairs(rows) do changed:narrow(1, row, 1):fill_(0) end
  end
  return changed
end

-- As many rows as end-of-text has, drawn from all but the accessory's.
local function random_rows(rows)
  local all = table.move(rows.rest, 1, #rows.rest, 1, {})
  table.move(rows.eot, 1, #rows.eot, #all + 1, all)
  for i = #all, 2, -1 do
    local j = math.random(i)
    all[i], all[j] = all[j], all[i]
  end
  return table.move(all, 1, #rows.eot // 2, 1, {})
end

local function zeroed()
  local shares = intervals.counter()
  math.randomseed(5)
  for _, face in ipairs(faces) do
    local accessory = "glasses"
    local prompt = captions.wearing(face, accessory)
    local embedding, rows = model:encode(prompt), rows_of(prompt, accessory)
    local changed = {
      none = embedding, word = without_rows(embedding, rows.word), eot = without_rows(embedding, rows.eot),
      both = without_rows(embedding, rows.word, rows.eot), random = without_rows(embedding, random_rows(rows)),
    }
    for name, rest in lunette.spairs(changed) do
      worn_share(shares, name, { face = face, embedding = rest }, accessory)
    end
  end
  print "Glasses are there when rows of the embedding are 0"
  report("  none", shares.share "none", "–")
  report("  the word's", shares.share "word", "–")
  report("  end-of-text's and the padding's", shares.share "eot", "–")
  report("  both", shares.share "both", "–")
  report("  half as many as end-of-text has, at random", shares.share "random", "–")
end

-- ------------------------------------------------------------------ seeds

-- The share of a quantity's variance that lies between seeds (one-way intraclass correlation, Shrout & Fleiss 1979).
local function intraclass(groups)
  local n, k, sum, count = #groups, #groups[1], 0, 0
  for _, group in ipairs(groups) do
    for _, value in ipairs(group) do sum, count = sum + value, count + 1 end
  end
  local mean, between, within = sum / count, 0, 0
  for _, group in ipairs(groups) do
    local own = 0
    for _, value in ipairs(group) do own = own + value / k end
    between = between + k * (own - mean) ^ 2
    for _, value in ipairs(group) do within = within + (value - own) ^ 2 end
  end
  local a, b = between / (n - 1), within / (n * (k - 1))
  if a == 0 and b == 0 then return 0 end
  return (a - b) / (a + (k - 1) * b)
end

local function border_light(image)
  local x = image:tensor()
  return (x:narrow(1, 1, 2):mean() + x:narrow(1, 63, 2):mean()):item() / 2
end

local function seed_tendencies()
  local nouns = { "cat", "dog", "panda", "apple", "star", "house", "car", "flower" }
  local measured = { x = {}, y = {}, width = {}, ["background's light"] = {} }
  for seed = 1, seeds do
    local jobs = {}
    for i, noun in ipairs(nouns) do jobs[i] = { prompt = captions.thing(noun), seed = first_seed + seed } end
    for _, groups in pairs(measured) do groups[seed] = {} end
    drawing.each(model, jobs, function(_, objects, image)
      -- The largest object, whatever it is called; the middle where the judge sees none.
      local o = objects[1] or { x = 32, y = 32, box = { width = 44 } }
      local values = { x = o.x, y = o.y, width = o.box.width, ["background's light"] = border_light(image) }
      for name, value in pairs(values) do table.insert(measured[name][seed], value) end
    end)
  end
  print(("Share of the variance between seeds, %d nouns and %d seeds (training: 0, places and grounds are drawn anew)")
    :format(#nouns, seeds))
  for name, groups in lunette.spairs(measured) do
    local of = lunette.stats.bootstrap(groups, { statistic = intraclass, method = "percentile" })
    print(("  %-24s %.2f (%.2f–%.2f)"):format(name, of.estimate, of.low, of.high))
  end
end

senses()
order()
cohyponyms()
without()
zeroed()
seed_tendencies()
