-- The terms of the loss by loops over numbers: margin, cross-entropy, recall with weights, bigrams.
local lunette = require "lunette"
local attack = require "attack"
local near = require "attack.tests.near"
local t, losses, corpus = lunette.tensor, attack.losses, attack.corpus

-- margin: 3 is the class; the best other one is 7
local logits = t{ 7, 1, 5, 6 }
near.number(losses.margin(logits, 3, 30):item(), 5 - 7 + 30, 1e-5, "margin")
near.number(losses.margin(logits, 3, 1):item(), 0, 0, "margin at its floor")
near.number(losses.margin(logits, 1, 0):item(), 1, 1e-6, "margin of the leader")
local sum = math.exp(7) + math.exp(1) + math.exp(5) + math.exp(6)
near.number(losses.cross_entropy(logits, 3):item(), math.log(math.exp(5) / sum), 1e-5, "cross-entropy")
near.number(losses.cross_entropy(logits * 1000, 3):item(), -2000, 1e-2, "cross-entropy of far logits stays finite")

-- recall over the inner rows
local clean, found = t.randn({ 5, 3 }, { seed = 1 }), t.randn({ 5, 3 }, { seed = 2 })
local weights = { 0.1, 0.2, 0.3, 0.25, 0.15 }
local expected = 0
for i = 2, 4 do
  local best = -math.huge
  for j = 2, 4 do best = math.max(best, lunette.metrics.cosine(clean[i], found[j])) end
  expected = expected + weights[i] * best
end
near.number(losses.recall(clean, found, t(weights)):item(), expected, 1e-5, "recall")

-- weights: ids in all texts weigh nothing, those in none the most
local model = assert(lunette.load())
local texts = { "a cat", "a dog", "a cat and a key" }
local ids = model:tokenize("a cat and a pistol").ids
local function df(word)
  local id, count = model:tokenize(word).ids[2], 0
  for _, text in ipairs(texts) do
    local has = false
    for _, token in ipairs(model:tokenize(text)) do has = has or model:tokenize(text).ids[token.position] == id end
    count = count + (has and 1 or 0)
  end
  return count
end
assert(df("cat") == 2 and df("pistol") == 0 and df("a") == 3)
local found_weights = assert(corpus.weights(model, texts, ids))
local raw = { cat = math.log(4 / 3), pistol = math.log(4), ["and"] = math.log(4 / 2) }
local total = raw.cat + raw.pistol + raw["and"]
near.number(found_weights[3], raw.cat / total, 1e-6, "weight of cat")
near.number(found_weights[6], raw.pistol / total, 1e-6, "weight of pistol")
near.number(found_weights[1], 0, 0, "the start stands in every text")
near.number(found_weights[77], 0, 0, "so does the end, which pads")
near.number(corpus.weights(model, nil, ids)[5], 1 / 77, 1e-9, "equal weights")
local nothing, why = corpus.weights(model, { "a cat" }, model:tokenize("a cat").ids)
assert(nothing == nil and why:find("no weight is left", 1, true))

-- bigrams: every row is a distribution, and the surprise of a hard text is the mean of −log P
local bigrams = corpus.bigrams(model, texts)
local V = model.vocabulary_size
local function surprise(list)
  local rows = {}
  for i, id in ipairs(list) do rows[i] = id + 1 end
  return bigrams:surprise(t.one_hot(rows, V)):item()
end
local a, cat, pistol = ids[2], ids[3], ids[6]
for _, first in ipairs{ a, pistol } do  -- seen, and never seen
  local mass = 0
  for second = 0, V - 1 do mass = mass + math.exp(-surprise{ first, second }) end
  near.number(mass, 1, 1e-3, "probabilities of what follows")
end
assert(surprise{ a, cat } < surprise{ a, pistol }, "what was seen is no surprise")
near.number(surprise{ a, cat, pistol }, (surprise{ a, cat } + surprise{ cat, pistol }) / 2, 1e-4, "mean over pairs")
local soft = t.rand({ 4, V }, { seed = 4 })
soft = soft / soft:sum(2, { keepdim = true })
local by_hand, few = 0, { a, cat, pistol }
local p = t.zeros{ 2, V }
for i, id in ipairs(few) do p[{ 1, id + 1 }], p[{ 2, id + 1 }] = i / 6, (4 - i) / 6 end
for i, first in ipairs(few) do
  for j, second in ipairs(few) do by_hand = by_hand + i / 6 * (4 - j) / 6 * surprise{ first, second } end
end
near.number(bigrams:surprise(p):item(), by_hand, 1e-3, "expected surprise")
assert(bigrams:surprise(soft):item() > 0)

-- classes as means over templates
local eye = attack.eye(model.clip, { "owl", "cat" }, { templates = { "a photo of a {}", "two {}" } })
local mean = (model.clip:text("a photo of an owl") + model.clip:text("two owl")) / 2
near.tensor(eye.features[1], mean / mean:norm(), 1e-5, "a class is the mean of its texts")
near.fails("option 'templates': [1]: a text with '{}' for the class expected", attack.eye, model.clip, { "cat" },
  { templates = { "a photo" } })
near.fails("a list of names expected, got number at [2]", attack.eye, model.clip, { "cat", 7 })
near.fails("a list of names expected, got none", attack.eye, model.clip, {})
near.fails("'cat' stands there twice", attack.eye, model.clip, { "cat", "cat" })
local picture = model:generate{ prompt = "an owl", seed = 1, steps = 4 }.image
local cosine = lunette.metrics.cosine(model.clip:image(picture), eye.features[1])
near.number(eye:logits(picture)[1]:item(), 100 * cosine, 1e-3, "logits")
