-- Nulls by a model and a judge whose pictures are what was asked for.
local entanglement = require "entanglement"
local lunette = require "lunette"

local drawing = { generate = function(_, options)
  return { image = ("%s @ %d"):format(options.prompt, options.seed) }
end }
local trials = { run = function(_, keys, measure) return measure(keys) end }

-- a key is lost in other words, a cat from another seed
local judge = { presence = function(_, picture, nouns)
  local lost = picture == "a picture of a key @ 3" or picture == "a cat @ 1000003"
  assert(#nouns == 1)
  return { { present = not lost } }
end }
local alone = entanglement.alone(drawing, {
  pairs = { { "cat", "key" }, { "key", "bus" } }, seeds = { 3 }, judge = judge, trials = trials,
})
assert(alone.cat[3].wording and not alone.cat[3].seed and alone.key[3].seed and not alone.key[3].wording)
assert(alone.bus[3].wording and alone.bus[3].seed)
local rows = entanglement.losses({
  { nouns = { "cat", "key" }, seed = 3, present = { false, true }, alone = { true, true } },
  { nouns = { "key", "bus" }, seed = 3, present = { false, true }, alone = { false, true } },
}, alone)
assert(#rows == 3, "a noun that is not drawn alone cannot be lost")
assert(rows[1].beside == 1 and rows[1].wording == 0 and rows[1].seed == 1)
assert(rows[2].beside == 0 and rows[2].wording == 1 and rows[2].unit[1] == "cat")

-- Nouns 1 … 7 lie on a line; B comes about where it lies near A. Names that change destroy that, and only by chance not.
local made = {}
for a = 1, 7 do
  for b = 1, 7 do
    if a ~= b then
      local near = 1 - math.abs(a - b) / 7
      local chance = lunette.tensor.rand({ 6 }, { seed = 10 * a + b }):tolist()
      local becomes = { true }
      for entry = 2, 6 do becomes[entry] = chance[entry] < near end
      made[#made + 1] = { from = "n" .. a, to = "n" .. b, seed = 1, becomes = becomes, coarse = near }
    end
  end
end
local found = entanglement.permuted(made, { 1, 2, 3, 4, 5, 6 }, "coarse", 59)
assert(found.estimate > 0.5 and found.p < 0.05, "likeness that decides is told from names")
for _, one in ipairs(made) do
  local pair = one.from < one.to and one.from .. one.to or one.to .. one.from
  one.coarse = pair:byte(4) % 3
end
local nothing = entanglement.permuted(made, { 1, 2, 3, 4, 5, 6 }, "coarse", 59)
assert(nothing.p > 0.05, "likeness that says nothing is not")
assert(select(2, entanglement.permuted(made, { 1, 2, 3, 4, 5, 6 }, "clip", 9)) == "not measured")
