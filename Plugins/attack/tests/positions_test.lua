-- Which positions are free, how logits start, what is drawn, and what becomes of it as a text. arg[1] is the folder of the models:
-- one padded with the end of text, one with "!".
local lunette = require "lunette"
local attack = require "attack"
local near = require "attack.tests.near"
if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end
local t = lunette.tensor

local function range(first, last)
  local list = {}
  for i = first, last do list[#list + 1] = i end
  return list
end
local function same(found, expected, what)
  assert(table.concat(found, " ") == table.concat(expected, " "),
    ("%s: expected %s, got %s"):format(what, table.concat(expected, " "), table.concat(found, " ")))
end

for _, name in ipairs{ "tiny-sd1", "tiny-sd2" } do
  local model = assert(lunette.load(arg[1] .. "/" .. name))
  local clip = model.clip or assert(lunette.load_clip(arg[1] .. "/tiny-sd1/clip"))
  local function prepared(opts)
    local all = { prompt = "a cat and a", noun = "cat", classes = { "cat", "dog" }, clip = clip, seed = 1, steps = 2 }
    for key, value in pairs(opts) do all[key] = value end
    return attack.prepare(model, all)
  end
  local tokens = model:tokenize("a cat and a")
  local end_of_text, noun = tokens.eot, {}
  for _, token in ipairs(tokens) do
    if token.word == 2 then noun[#noun + 1] = token.position end
  end

  same(prepared({}).free, range(end_of_text, 77), name .. ": as the program frees them, the first end included")
  same(prepared{ positions = "paper" }.free, range(end_of_text + 1, 77), name .. ": behind the end")
  local others = {}
  for position = 2, 77 do
    if position < noun[1] or position > noun[#noun] then others[#others + 1] = position end
  end
  same(prepared{ mode = "replace" }.free, others, name .. ": all but the noun")
  local words = {}
  for _, position in ipairs(others) do
    if position < end_of_text then words[#words + 1] = position end
  end
  local replacing = prepared{ mode = "replace", positions = "paper" }
  same(replacing.free, words, name .. ": the other words")
  same(prepared{ positions = { 20, 9, 10 } }.free, { 9, 10, 20 }, name .. ": named positions")

  -- equal odds to flip for every vocabulary
  local V = model.vocabulary_size
  local odds = (V - 1) / math.exp(attack.initial(V))
  near.number(odds, 49407 / math.exp(15), 1e-9, name .. ": odds")
  near.number(attack.initial(49408), 15, 1e-12, "15 in the original")
  local start = replacing.logits
  near.number(start:sum():item(), #words * attack.initial(V), 1e-2, name .. ": the start")
  near.number(start[1][tokens.ids[words[1]] + 1]:item(), attack.initial(V), 1e-5, name .. ": at the clean id")
  near.number(prepared{ initial = 3 }.logits:max():item(), 3, 0, name .. ": given")

  -- Draws: fixed rows stay one-hot, free ones add up to 1; frozen rows that are drawn as well do not stay.
  local p = replacing.objective:drawn(replacing.logits:detach(), 5, false)
  near.tensor(p:sum(2), t.ones(77), 1e-4, name .. ": sums")
  near.tensor(p:index_select(1, noun), replacing.objective.one_hot:index_select(1, noun), 0, name .. ": the noun stays")
  local drawn = prepared{ mode = "replace", positions = "paper", frozen = "drawn", initial = 2 }
  local q = drawn.objective:drawn(drawn.logits:detach(), 5, false)
  assert((q:index_select(1, noun) - drawn.objective.one_hot:index_select(1, noun)):abs():max():item() > 0.01,
    name .. ": drawn rows move")

  -- A share of flips as the odds say: 60 draws of the free positions.
  local extending, flips = prepared({}), 0
  for _, typed in ipairs(extending:texts(60, "start")) do flips = flips + typed.changed end
  local expected = 60 * #extending.free * odds / (1 + odds)
  near.number(flips, expected, 4 * math.sqrt(expected) + 1, name .. ": flips at the start")

  -- texts: what was not changed reads as it was
  for _, from in ipairs{ "found", "start", "random" } do
    for _, typed in ipairs(extending:texts(6, from)) do
      assert(typed.named and typed.text:sub(1, 11) == "a cat and a", ("%s: '%s'"):format(name, typed.text))
      assert(typed.changed > 0 or typed.text == "a cat and a" and typed.error == 0, name .. ": nothing changed")
      local ids = model:tokenize(typed.text).ids
      same(ids, model:tokenize(model:detokenize(ids)).ids, name .. ": a text stays the same")
    end
  end
end

-- random tokens stand where the attack's stand, and nowhere else
local model = assert(lunette.load())
local tokens = model:tokenize("a cat and a")
local ids = table.move(tokens.ids, 1, 77, 1, {})
ids[8], ids[20], ids[3] = 520, 513, tokens.ids[tokens.eot]
local random = attack.texts.random(model, tokens, ids, 7)
for i = 1, 77 do
  if i == 8 or i == 20 then
    assert(random[i] ~= tokens.ids[i] and random[i] >= 0 and random[i] < model.vocabulary_size - 2)
  else
    assert(random[i] == ids[i], "position " .. i .. ": stays as it was drawn")
  end
end
local typed = attack.texts.typed(model, tokens, ids, "cat")
assert(typed.changed == 3 and not typed.named, "the noun was drawn away")
assert(attack.texts.distance({ 1, 2, 3 }, { 1, 3, 4, 5 }) == 3 and attack.texts.distance({}, { 1 }) == 1)

-- Padding with a token of its own takes all of the weight where every word stands in every text.
local sd2 = assert(lunette.load(arg[1] .. "/tiny-sd2"))
local eye_of_sd2 = assert(lunette.load_clip(arg[1] .. "/tiny-sd1/clip"))
local function padded(similarity_padding)
  return attack.prepare(sd2, {
    prompt = "a cat and a", noun = "cat", classes = { "cat", "dog" }, clip = eye_of_sd2, corpus = { "a cat and a" },
    similarity_padding = similarity_padding,
  })
end
near.number(padded(true).objective.padding_weight, 1, 1e-6, "all of the weight on the padding")
near.fails("option 'corpus': every word of the prompt stands in every text", padded, false)

-- what it says to wrong options
local function fails(message, opts)
  local all = { prompt = "a cat and a", noun = "cat", classes = { "cat", "dog" } }
  for key, value in pairs(opts) do all[key] = value ~= "nil" and value or nil end
  near.fails(message, attack.search, model, all)
end
fails("option 'prompt': a string expected, got nil", { prompt = "nil" })
fails("'dog' is not in the prompt; its words are: a, cat, and, a", { noun = "dog" })
fails("'cat' is not one of the classes", { classes = { "dog" } })
fails("option 'classes': a list of strings expected, got nil", { classes = "nil" })
fails("option 'classes': the eye says it", { eye = attack.eye(model.clip, { "cat", "dog" }) })
fails("unknown option 'itarations'; did you mean 'iterations'?", { itarations = 3 })
fails("option 'mode': one of 'extend', 'replace' expected, got 'both'", { mode = "both" })
fails("option 'positions': 'code', 'paper' or a list of positions expected, got 'book'", { positions = "book" })
fails("option 'positions': [2]: a position from 1 expected", { positions = { 9, "ten" } })
fails("option 'positions': positions from 2 to 77 expected, got 78", { positions = { 78 } })
fails("option 'positions': at 3 stands 'cat', which must stay", { positions = { 3 } })
fails("option 'temperature': a number above 0 expected, got 0", { temperature = 0 })
fails("option 'iterations': a positive integer expected", { iterations = 0 })
fails("option 'corpus': fluency needs texts", { fluency = 1 })
fails("option 'corpus': every token of the prompt stands in every text", { corpus = { "a cat and a" } })
fails("option 'language'", { language = "no-such-folder" })
fails("a language model of type 'gpt2' expected, got 'clip_text_model'", { language = model.path .. "/text_encoder" })
