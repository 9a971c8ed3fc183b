-- Trials made by hand, and an embedding whose sense can be read off.
local lunette = require "lunette"
local polysemy = require "polysemy"
local t, analysis = lunette.tensor, polysemy.analysis

local trials = {
  { noun = "bat", sense = 1 }, { noun = "bat", sense = 1 }, { noun = "bat", sense = 2 },
  { noun = "bat", sense = false },
  { noun = "bat", context = "ball", sense = 2 }, { noun = "nut", sense = 2 },
  { noun = "bat", null = "wording", sense = 2 }, { noun = "bat", null = "seed", sense = 1 },
}
local alone = analysis.share(trials, "bat", nil, 1)
assert(alone.successes == 2 and alone.n == 3 and alone.missing == 1)
assert(analysis.share(trials, "bat", "ball", 2).successes == 1)
assert(analysis.share(trials, "bat", nil, 2, "wording").successes == 1)
assert(analysis.share(trials, "bat", nil, 2, "seed").n == 1)
assert(analysis.dominant(trials, "bat", { {}, {} }) == 1 and analysis.dominant(trials, "nut", { {}, {} }) == 2)
assert(analysis.dominant(trials, "bow", { {}, {} }) == nil)

assert(math.abs(analysis.flip({ 0, 0.5, 1 }, { 1, 0.75, 0.25 }) - 0.75) < 1e-9)
assert(analysis.flip({ 0, 1 }, { 1, 0.8 }) == nil and analysis.flip({ 0, 0.5, 1 }, { 1, false, 0 }) == nil)

local likened = {
  { noun = "bat", seed = 1, likeness = { 0.5, 0.25 } }, { noun = "bat", seed = 2, likeness = { 0.5, 0.5 } },
  { noun = "bat", context = "ball", seed = 1, likeness = { 0.25, 0.75 } },
  { noun = "bat", context = "ball", seed = 2, likeness = { 0.5, 0.5 } },
}
local moves = analysis.likeness_shifts(likened, "bat", "ball", 1)
assert(#moves == 2 and moves[1] == 0.75 and moves[2] == 0, "seed by seed, against the noun alone")
assert(#analysis.likeness_shifts(trials, "bat", "ball", 1) == 0, "without CLIP there is none")

-- the prompt's last row is pulled by exactly what stands beside it
local pull = { ball = t{ 0, 1 }, glove = t{ 0, 3 }, car = t{ 5, 0 } }
local model = {}
function model.tokenize(_, prompt)
  local tokens, position = { words = {} }, 1
  for word in prompt:gmatch("%a+") do
    position = position + 1
    tokens.words[position - 1] = word
    tokens[position - 1] = { position = position, word = position - 1 }
  end
  tokens.eot = position + 1
  return tokens
end
function model.encode(_, prompt)
  local row = t{ 1, 0 }
  for word, by in pairs(pull) do
    if prompt:find(word) then row = row + by end
  end
  local rows = t.zeros{ 8, 2 }
  rows[model:tokenize(prompt).eot] = row
  return rows
end
local read = polysemy.text.read(model, "bat", { "ball", "glove" }, { "ball", "glove", "car" })
assert(math.abs(read.glove - 3) < 1e-6, "against the axis of the ball alone")
assert(math.abs(read.ball - 1 / 3) < 1e-6, "against the axis of the glove alone")
assert(math.abs(read.car) < 1e-6, "at a right angle to the sense")
assert(polysemy.text.read(model, "bat", { "ball" }, { "ball" }).ball == nil, "its only anchor is itself")

local world = { polysemes = {
  nut = { senses = { "nut (food)", "nut (metal)" }, contexts = { "car", "hammer" }, held_out = { "clock" } },
  bulb = { senses = { "bulb (lamp)", "bulb (plant)" }, contexts = { "tree" } },
} }
local list = polysemy.of_world(world)  -- a world without pictures
assert(#list == 2 and list[2].senses[2].description == "a nut and a car" and list[2].held_out[1] == "clock")
assert(list[1].senses[1].label == "bulb (lamp)" and #list[1].held_out == 0)
-- CLIP is right about three of four examples when it goes by the others, and is not asked about one that is alone
local eye = { image = function(_, picture) return picture end }
local told = polysemy.accuracy(eye, { senses = {
  { examples = { t{ 1, 0 }, t{ 0.8, 0.6 }, t{ 1, 0 }, t{ 0, 1 } } }, { examples = { t{ 0, 1 } } },
} })
assert(told.n == 4 and told.successes == 3)

-- The nulls ask for the word alone: in other words from the same seed, in the same words from another one.
do
  local asked, keys
  local drawing = { generate = function(_, options)
    asked = options
    return { images = options.prompts }
  end }
  local measured = polysemy.pictures(drawing, {
    words = { { noun = "bat", senses = { { label = "x", description = "y" } }, contexts = {} } }, seeds = { 7 },
    judge = { sense = function(_, picture) return { sense = picture == "a bat" and 1 or nil } end },
    trials = { run = function(_, all, measure)
      keys = all
      return measure(all)
    end },
  })
  assert(table.concat(asked.prompts, ", ") == "a bat, a picture of a bat, a bat")
  assert(asked.seeds[1] == 7 and asked.seeds[2] == 7 and asked.seeds[3] == 1000007)
  assert(keys[2].null == "wording" and keys[3].null == "seed" and keys[3].seed == 7)
  assert(measured[2].null == "wording" and measured[2].sense == false and measured[3].sense == 1)
end

local one_sense = { noun = "bat", senses = { { label = "x", description = "y" } }, contexts = {} }
assert(not pcall(polysemy.checked, { one_sense }))
