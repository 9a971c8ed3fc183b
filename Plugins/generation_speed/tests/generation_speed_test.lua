-- Curves and duels made by hand; and a model whose picture is finished at the first step.
local lunette = require "lunette"
local speed = require "generation_speed"
local t = lunette.tensor

local trials = {
  { noun = "fast", predicted = { 0, 1, 1, 1 } }, { noun = "fast", predicted = { 0, 1, 1, 1 } },
  { noun = "slow", predicted = { 0, 0, 0, 1 } }, { noun = "never", predicted = { 0.5, 0.4, 0.4, 0.3 } },
}
local times = speed.half_times(trials, "predicted")
assert(times.fast.mean == 1.5 / 4 and #times.fast.values == 2)
assert(times.slow.mean == 3.5 / 4)
assert(times.never.mean == nil)
local mean = speed.mean_curve{ { 0, 1 }, { 1, 1 } }
assert(mean[1] == 0.5 and mean[2] == 1)

local duels = speed.duels({
  { nouns = { "fast", "slow" }, present = { true, false } },
  { nouns = { "slow", "fast" }, present = { true, false } },
  { nouns = { "slow", "fast" }, present = { true, true } },
  { nouns = { "fast", "never" }, present = { true, false } },
}, times)
assert(#duels.faster_survives == 2, "only pictures of exactly one noun, both with a half-time")
assert(duels.faster_survives[1] == true and duels.faster_survives[2] == false)
assert(table.concat(duels.cluster[1], " ") == "fast slow" and table.concat(duels.cluster[2], " ") == "fast slow")
-- Two lists that go together only through a third have nothing left without it.
local through, scatter = {}, lunette.tensor.randn({ 400, 2 }, { seed = 5 })
for i = 1, 400 do through[i] = { i + 20 * scatter[{ i, 1 }]:item(), i + 20 * scatter[{ i, 2 }]:item(), i } end
assert(math.abs(speed.partial(through)) < 0.15)
for i = 1, 400 do through[i] = { i % 7, 2 * (i % 7), i } end
assert(speed.partial(through) > 0.99)
assert(math.abs(duels.lead[1] - 0.5) < 1e-9)

-- Speeds apart: other nouns, other words, other seeds.
local function curve(noun, seed, after)
  local list = {}
  for step = 1, 10 do list[step] = step > after and 1 or 0 end
  return { noun = noun, seed = seed, predicted = list }
end
local rows = speed.apart(
  { curve("cat", 1, 2), curve("cat", 2, 3), curve("key", 1, 6), curve("key", 2, 6) },
  { curve("cat", 1, 4), curve("key", 1, 6) }, "predicted")
assert(#rows == 2 and rows[1].noun == "cat" and math.abs(rows[1].other - 0.4) < 1e-9)
assert(math.abs(rows[1].wording - 0.2) < 1e-9 and math.abs(rows[1].seed - 0.1) < 1e-9)
assert(rows[2].wording == 0 and rows[2].seed == 0)

-- Only "a cat and a key" loses its key here, and in the other order the cat, which stands second then: place, not noun.
do
  local prompts = {}
  local drawing = { generate = function(_, options)
    prompts[#prompts + 1] = ("%s @ %d"):format(options.prompt, options.seed)
    return { image = options.prompt }
  end }
  local judge = { presence = function(_, picture)
    return { { present = true }, { present = picture:find("next to", 1, true) ~= nil } }
  end }
  local again = speed.again(drawing, {
    { nouns = { "cat", "key" }, seed = 1, present = { true, false } },
    { nouns = { "key", "cat" }, seed = 1, present = { true, false } },
    { nouns = { "cat", "key" }, seed = 2, present = { true, true } },
  }, { judge = judge, trials = { run = function(_, keys, measure) return measure(keys) end } })
  assert(#again == 2 and again[1].order == 0 and again[1].wording == 0.5 and again[1].seed == 1)
  assert(prompts[1] == "a picture of a cat and a key @ 1" and prompts[2] == "a cat next to a key @ 1")
  assert(prompts[3] == "a cat and a key @ 1000001" and #prompts == 6)
end

-- Latents are pictures here; the predicted one is right at once, the noisy one fades in.
local final = t.rand({ 16, 16, 3 }, { seed = 1 })
local noise = t.rand({ 16, 16, 3 }, { seed = 2 })
local model = {}
function model.decode(_, latents) return latents end
function model.generate(_, options)
  for index = 1, 5 do
    local share = (index - 1) / 4
    options.on_step_end{ index = index, latents = noise * (1 - share) + final * share, denoised = final }
  end
  return { image = lunette.image.new(final) }
end
local curves = speed.curves(model, { prompt = "a cat" })
for step = 1, 5 do assert(math.abs(curves.predicted[step] - 1) < 1e-5) end
for step = 2, 5 do assert(curves.noisy[step] > curves.noisy[step - 1]) end
assert(math.abs(curves.noisy[5] - 1) < 1e-5)
