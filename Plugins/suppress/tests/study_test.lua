-- The comparison of methods: prompts, what is counted, and trials with a judge that sees what it is told. arg[1] is the folder of
-- the models.
local lunette = require "lunette"
local comparison = require "suppress.study"
local near = require "suppress.tests.near"
local t = lunette.tensor

-- prompts
local tasks = comparison.tasks{ n = 5, given = {}, world = { accessories = { "hat", "glasses" }, faces = { "owl" } } }
assert(#tasks == 5)
local seen = {}
for i, task in ipairs(tasks) do
  local thing = task.word == "hat" and "a hat" or "glasses"
  assert(task.prompt == ("an owl %s %s"):format(i % 2 == 1 and "with" or "without", thing), task.prompt)
  assert(task.other == "owl" and task.rest == "an owl" and task.seed == (i + 1) // 2)
  seen[task.word] = true
end
assert(seen.hat and seen.glasses, "both words are used")
assert(comparison.tasks{ n = 1, given = { { "cat", "ball" } } }[1].prompt == "a cat with a ball")

-- what is counted
local function result(word, other, ssim)
  return {
    word = { present = word, confidence = word and 0.8 or 0.2 }, other = { present = other, confidence = 0 },
    ssim = ssim, seconds = 2, vector = { ssim or 0, 1 },
  }
end
local plain = { result(true, true, 1), result(true, false, 1), result(false, true, 1) }
local s = comparison.summary(plain, { result(false, true, 0.5), result(true, true, 0.7), result(true, false) })
assert(s.shown == 2 and s.gone == 1, "only words that were there can go")
assert(s.beside == 2 and s.kept == 1, "only objects that were there can stay")
near.number(comparison.mean(s.detection), (0.2 + 0.8 + 0.8) / 3, 1e-6, "detection")
local curve = { x = { 0.8, 0.2, 0.4 }, y = { 1, 0.4, 0.5 } }
near.number(comparison.best(curve, 0.6), 0.75, 1e-6, "between two points")
near.number(comparison.best(curve, 0.2), 0.4, 1e-6, "at a point")
near.number(comparison.best(curve, 0.9), 1, 1e-6, "beyond the last point")
near.number(comparison.best({ x = { 0, 0, 1 }, y = { 0.3, 0.7, 0.2 } }, 0.5), 0.7, 1e-6, "the better of two")
assert(comparison.best(curve, 0.1) == nil)
assert(#s.ssim == 2 and #s.clip == 0 and s.seconds == 2)
local kept, of_them = comparison.shown({ "a", "b", "c" }, plain, 5)
assert(#kept == 2 and kept[2] == "b" and of_them[2] == plain[2], "only where the word is shown")
assert(#comparison.shown({ "a", "b", "c" }, plain, 1) == 1)
local function all(confidence, ssim)
  local one = { word = { confidence = confidence }, ssim = ssim }
  return { one, one, one }
end
local more = comparison.at_equal_suppression(all(0.2, 0.8), { all(0.4, 0.9), all(0, 0.5) })
near.number(more.estimate, 0.1, 1e-6, "at equal suppression")
assert(more.low <= more.estimate and more.estimate <= more.high)
assert(comparison.at_equal_suppression(all(0.2, 0.8), { all(0.4, 0.9) }) == nil, "the curve does not come there")
near.number(comparison.frechet(plain, plain), 0, 1e-6, "the same pictures")

if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end

-- trials: the judge says where the word is, so that only the rest is compared
local model = assert(lunette.load(arg[1] .. "/tiny-sd1"))
local judge = { locates = true, name = "told" }
local covered = t.zeros{ 32, 32 }
covered[{ { 1, 16 }, {} }] = 1
function judge.look() return { { noun = "glasses", mask = covered }, { noun = "man", mask = 1 - covered } } end
function judge.presence(_, picture, nouns)
  assert(picture:size(1) == 32 and nouns[1] == "glasses" and nouns[2] == "man")
  return { { present = true, confidence = 0.5 }, { present = false, confidence = 0 } }
end
local asked
local trials = { run = function(_, keys, measure)
  asked = keys
  return measure(keys)
end }
local task = { prompt = "a man with glasses", word = "glasses", other = "man", rest = "a man", seed = 1 }
local o = { steps = 2, guidance = 3, judge = judge, trials = trials, clip = model.clip }
local none = comparison.run(model, { task }, { name = "plain", method = "none" }, o)[1]
near.number(none.ssim, 1, 1e-6, "the plain picture is like itself")
near.number(none.color, 0, 1e-6, "the plain picture has its own colours")
assert(asked[1].method.method == "none" and asked[1].seed == 1 and #none.vector > 0 and none.clip <= 1)
local zeroed = comparison.run(model, { task }, { name = "zero", method = "scale" }, o)[1]
assert(zeroed.ssim < 1 and zeroed.color > 0)

-- every method that is compared exists and takes its options
for _, strengths in ipairs(comparison.curves) do
  for _, method in ipairs(strengths.methods) do
    local out = comparison.picture(model, task, method, 2, 3)
    assert(out.latents:isnan():sum():item() == 0, method.name)
  end
end

-- a picture that was not generated
local world = assert(lunette.load())
local real = assert(comparison.real_picture(world))
assert(real.prompt:find(real.word, 1, true) and real.picture:size(1) == 64, "the caption names what is worn")
local nothing, why = comparison.real_picture(model)
assert(nothing == nil and why:find("brings no pictures", 1, true))

-- A hundred prompts of twelve faces and five things to wear are a hundred different ones, each pair with and without, from one
-- noise.
local faces, accessories = {}, { "hat", "crown", "scarf", "glasses", "sunglasses" }
for i = 1, 12 do faces[i] = "face" .. i end
local hundred = comparison.tasks{ n = 100, given = {}, world = { accessories = accessories, faces = faces } }
local seen_prompts = {}
for i, one in ipairs(hundred) do
  assert(not seen_prompts[one.prompt], one.prompt)
  seen_prompts[one.prompt] = true
  if i % 2 == 0 then
    local with = hundred[i - 1]
    assert(with.word == one.word and with.other == one.other and with.seed == one.seed)
    assert(with.prompt:find(" with ", 1, true) and one.prompt:find(" without ", 1, true))
  end
end
