-- The search: the same twice, falling losses, noise that stays or changes, what the study makes of it. arg[1] is the folder of the
-- models.
local lunette = require "lunette"
local attack = require "attack"
local near = require "attack.tests.near"
local study = require "study"

local model = assert(lunette.load())
local function search(opts)
  local all = {
    prompt = "a photo of a cat and a", noun = "cat", classes = { "cat", "dog", "key", "house" }, seed = 3, steps = 3,
    iterations = 4,
  }
  for key, value in pairs(opts or {}) do all[key] = value end
  return attack.search(model, all)
end

local seen = {}
local one = search{ on_iteration = function(parts, found)
  seen[#seen + 1] = parts.loss
  assert(found.logits and parts.picture:size(3) == 3 and parts.label >= 1)
end }
local two = search()
assert(#seen == 4 and #two.history == 4)
for i = 1, 4 do near.number(two.history[i].loss, seen[i], 0, "the same search, the same losses") end
near.tensor(one.logits:detach(), two.logits:detach(), 0, "the same logits")
for i, typed in ipairs(one:texts(3)) do assert(typed.text == two:texts(3)[i].text) end
assert((one.logits:detach() - one.objective:start()):abs():max():item() > 0.5, "Adam moves by its rate")
local first = one.history[1]
near.number(first.loss, first.lead + 30 - 4 * first.similarity, 1e-3, "the loss is its parts")

near.fails("'found', 'start' or 'random' expected, got 'begin'", one.texts, one, 1, "begin")
near.fails("an integer of at least 0 expected", one.texts, one, "all")
near.fails("grad_steps", search, { grad_steps = 4 })

-- With the same draw in every iteration and a small step, the loss falls.
local still = attack.prepare(model, {
  prompt = "a photo of a cat and a", noun = "cat", classes = { "cat", "dog", "key" }, seed = 3, steps = 3,
  loss = "cross_entropy",
})
local adam, losses = lunette.optim.adam({ still.logits }, { lr = 0.1 }), {}
for i = 1, 6 do
  local loss = still:loss(1)
  losses[i] = loss:item()
  adam:zero_grad()
  loss:backward()
  adam:step()
end
assert(losses[6] < losses[1], ("the loss must fall, from %g to %g"):format(losses[1], losses[6]))

-- fresh noise gives other pictures, more steps another gradient, checkpoints the same one
local function gradient(opts)
  local all = {
    prompt = "a photo of a cat and a", noun = "cat", classes = { "cat", "dog" }, seed = 3, steps = 3,
    positions = { 9, 10 },
  }
  for key, value in pairs(opts) do all[key] = value end
  local found = attack.prepare(model, all)
  local loss, parts = found:loss(1)
  return lunette.grad(loss, found.logits), parts
end
local plain, parts = gradient({})
local again = gradient{ checkpoint = true }
near.number(lunette.metrics.cosine(plain:flatten(), again:flatten()), 1, 1e-5, "checkpoints compute the same")
local _, fresh = gradient{ noise = "fresh" }
assert((parts.picture - fresh.picture):abs():max():item() > 0.05, "fresh noise")
assert(lunette.metrics.cosine(plain:flatten(), (gradient{ grad_steps = 3 }):flatten()) < 0.9999, "more steps")
-- With straight-through draws the picture is that of hard tokens.
local _, hard = gradient{ estimator = "straight_through" }
local ids = table.move(model:tokenize("a photo of a cat and a").ids, 1, 77, 1, {})
local prepared = attack.prepare(model, {
  prompt = "a photo of a cat and a", noun = "cat", classes = { "cat", "dog" }, seed = 3, steps = 3,
    positions = { 9, 10 },
})
local drawn = prepared.objective:drawn(prepared.logits:detach(), 1000001, true):argmax(2)
for _, position in ipairs{ 9, 10 } do ids[position] = math.tointeger(drawn[position]:item()) - 1 end
local out = model:generate{ embedding = model:encode{ ids = ids }, seed = 3, steps = 3 }
near.tensor(hard.picture, model:decode(out.latents):clamp(0, 1), 1e-4, "hard tokens")

-- MARK: The study

local arms = attack.arms
local eye = attack.eye(model.clip, { "cat", "dog", "key" })
local trials = study.trials.open("attack-test", {}, { folder = false })
local o = { steps = 2, guidance = 7.5, eye = eye, other_eye = eye, judge = study.judge.credulous(), trials = trials }
local task = attack.prompts.candidates{ nouns = { "cat" }, kind = "short" }[1]
assert(task.prompt == "a photo of a cat and a" and attack.prompts.base(task.prompt) == "a photo of a cat")
local settings = { iterations = 2, steps = 2, guidance = 7.5 }
local found = arms.searched(model, task, settings, 3, { eye = eye, trials = trials })
assert(#found.attack == 3 and #found.random == 3 and #found.start == 3 and #found.history.lead == 2)
local measured = trials.measured
arms.searched(model, task, settings, 3, { eye = eye, trials = trials })
assert(trials.measured == measured, "what was found is not searched again")
local kept = {}
for _, arm in ipairs(arms.names) do
  local samples = arms.samples(arm, task, found, 3, 70)
  local results = arms.pictures(model, samples, o)
  kept[arm] = { samples = samples, results = results }
  for j, sample in ipairs(samples) do
    assert(sample.seed == 70 + j, "the same seeds in every arm")
    assert(results[j].mistaken == (results[j].label ~= "cat") and not results[j].absent)
    assert(results[j].mistaken == (results[j].lead < 0) and results[j].rival ~= "cat")
  end
end
for _, sample in ipairs(kept.reseeded.samples) do assert(sample.text == task.prompt) end
assert(kept.reworded.samples[1].text == "an image of a cat and a" and kept.reworded.samples[3].named)
assert(kept.reworded.samples[2].text == "a drawing of a cat and a", "two wordings in turn")

-- rates, differences, chance
local function result(mistaken, absent, lead) return { mistaken = mistaken, absent = absent, lead = lead } end
local samples = { { named = true }, { named = false }, { named = true }, { named = true } }
local results = { result(true, false, -2), result(true, true, -9), result(false, true, 3), result(true, true, -5) }
local rate = arms.rates(samples, results, "clip")
assert(rate.successes == 2 and rate.rate == 0.5 and rate.any, "texts without the noun do not count")
assert(arms.rates(samples, results, "judge").successes == 2)
local best, won = arms.best(samples, results)
assert(best == samples[4] and won)
near.number(arms.any_of({ estimate = 0.024 }, 100).estimate, 1 - 0.976 ^ 100, 1e-9, "any of 100 by chance")
local rows = {}
for i, noun in ipairs{ "cat", "cat", "dog", "key" } do
  rows[i] = { noun = noun, rates = { attack = { rate = 0.5 + i / 10 }, random = { rate = 0.5 } } }
end
local values, whose = arms.differences(rows, "attack", "random", "rate")
assert(#values == 4 and whose[2] == "cat" and whose[3] == "dog")
near.number(values[2], 0.2, 1e-9, "differences by prompt")
near.number(arms.flipped(values, whose).p, 0.25, 1e-9, "three nouns of one sign: 2 of 8")
assert(arms.flipped({ 1, 2 }, { "cat", "cat" }) == nil)
local counted = { { noun = "cat", rates = { attack = arms.rates(samples, results, "clip") } } }
local answers = arms.answers(counted, "attack", "rate")
assert(#answers == 4 and answers[2] and not answers[3] and arms.answers(counted, "attack", "any")[1] == true)
counted[1].rates.attack.any = false
assert(arms.answers(counted, "attack", "any")[1] == false)

-- two prompts, one of whose texts break: what the arms and their differences say
local samples_of, judged = {}, {}
for i = 1, 2 do
  samples_of[i], judged[i] = {}, {}
  for _, arm in ipairs(arms.names) do
    samples_of[i][arm] = { { named = true }, { named = true } }
    local broken = arm == "attack" or arm == "random" and i == 1
    judged[i][arm] = { result(broken, false, 1), result(broken and i == 1, false, 1) }
  end
end
local of = setmetatable({
  tasks = { { noun = "cat" }, { noun = "dog" } }, drawn = samples_of, judged = judged, count = 2,
}, getmetatable(attack.results(model, {}, 0, o)))
near.number(of:less{ other = "reseeded", by = "clip" }.estimate, 0.75, 1e-9, "attack less reseeded")
near.number(of:less{ other = "random", by = "clip" }.estimate, 0.25, 1e-9, "attack less random")
near.number(of:less{ other = "random", by = "clip", field = "any" }.estimate, 0.5, 1e-9, "any of two")
near.number(of:less({ other = "start", by = "judge" }).estimate, 0, 1e-9, "the judge sees the nouns")
near.number(of.share(of:rates "clip", "attack", "rate").estimate, 0.75, 1e-9, "three of four samples")
assert(#of:contrasts() == 8 and of:contrasts()[1].found.clusters == 2)

-- reasons
local modes = attack.failure.modes({
  half_time = 5, rival_half_time = 4, likeness = 0.5, other_sense = nil, returns = false,
}, 0.6)
assert(modes.speed and not modes.likeness and modes.sense == nil and not modes.order)
local sample = kept.attack.samples[1]
local reasons = attack.failure.measure(model, { {
  prompt = sample.prompt, text = sample.text .. " key", noun = "cat", rival = "key", seed = 1,
} }, o)[1]
assert(reasons.half_time >= 1 and reasons.overlap >= 0 and reasons.overlap <= 1 and reasons.likeness <= 1)
assert(type(reasons.returns) == "boolean" and reasons.returns_to_judge and reasons.other_sense == nil)

-- defence
local defence = attack.defence
local kind_of = defence.kinds({ "cat", "key" }, { counted = { words = { "beach" } } })
assert(kind_of("key") == "noun" and kind_of("beach") == "caption" and kind_of("mp") == "other")
local text = { prompt = "a photo of a cat and a", text = "a photo of a cat and a key mp beach", noun = "cat", seed = 4 }
assert(table.concat(defence.added(model, text), " ") == "key mp beach")
local by_word, added = defence.counts(model, { text, text }, kind_of)
assert(by_word.key == 2 and table.concat(added.kinds, " ") == "noun other caption noun other caption")
assert(added.nouns[6] == "cat")
assert(defence.favourites(by_word, { key = 1 }, kind_of, 3)[1].word == "key")
local function reworded(how) return defence.reworded(model, text, how, kind_of).text end
assert(reworded("named again") == "a photo of a cat and a key mp beach and a cat", reworded("named again"))
assert(reworded("added words first") == "key mp beach a photo of a cat", reworded("added words first"))
assert(reworded("unknown words left out") == "a photo of a cat and a key beach", reworded("unknown words left out"))
local long = { prompt = text.prompt, text = text.prompt .. (" key"):rep(90), noun = "cat", seed = 1 }
for _, how in ipairs(defence.rewordings) do
  local reread = model:tokenize(defence.reworded(model, long, how, kind_of).text)
  local is_there = #lunette.text.find(reread.words, "cat") >= 1
  assert(not reread.truncated and is_there, how .. ": the noun is within the prompt")
end
assert(defence.recovered(model, { text }, { steps = 2, guidance = 7.5, eye = eye, judge = o.judge, trials = trials,
  kind_of = kind_of })["named again"].nouns[1] == "cat")
assert(require("attack.health").check(model))
