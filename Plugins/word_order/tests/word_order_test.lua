-- Trials made by hand, and a text encoder that ignores order.
local lunette = require "lunette"
local word_order = require "word_order"
local t, analysis = lunette.tensor, word_order.analysis

-- Two nouns; the one that comes second is always lost, the first stands on the left.
local function drawn(order, first, second)
  return {
    order = order, seen = { { present = first, x = 0.2 }, { present = second, x = 0.8 } },
    maps = { { mass = 0.4 }, { mass = 0.1 } },
  }
end
local loses_second = {
  drawn = { drawn({ "cat", "pistol" }, true, false), drawn({ "pistol", "cat" }, true, false) },
  changes = { { ssim = 0.5, coarse = 0.25 } },
}
local shows_both = {
  drawn = { drawn({ "owl", "key" }, true, true), drawn({ "key", "owl" }, true, true) },
  changes = { { ssim = 0, coarse = 0 } },
}
local trials = { loses_second, shows_both }

local presence = analysis.presence(trials, 2)
assert(presence[1].successes == 4 and presence[1].n == 4)
assert(presence[2].successes == 2 and presence[2].n == 4)
local shares = analysis.presence_by_trial(trials, 2)
assert(shares[1] == 0 and shares[2] == 1)

local cells = analysis.transitions(trials, 2)
assert(cells[1][2].n == 4 and cells[1][2].successes == 2, "first to second: half of them are lost")
assert(cells[2][1].n == 2 and cells[2][1].successes == 2, "second to first: all stay")
assert(cells[1][1].n == 0 and cells[2][2].n == 0, "two nouns have no order in which one keeps its place")

local canvas, pictures = analysis.canvas(trials, 2)
assert(pictures == 2, "two pictures show both")
assert(canvas[1][1].successes == 2 and canvas[1][2].successes == 0 and canvas[2][2].successes == 2)

assert(analysis.maps(trials, 2, "mass")[1][2] == 0.1)
assert(#analysis.changes(trials, "clip")[1] == 0 and analysis.changes(trials, "ssim")[1][1] == 0.5)

-- Three nouns: on the diagonal the noun stays and the others change places.
local function three(order, present)
  local seen = {}
  for i, yes in ipairs(present) do seen[i] = { present = yes } end
  return { order = order, seen = seen, maps = {} }
end
local triple = { drawn = {
  three({ "a", "b", "c" }, { true, true, true }), three({ "a", "c", "b" }, { true, false, true }),
}, changes = {} }
local of_three = analysis.transitions({ triple }, 3)
assert(of_three[1][1].n == 2 and of_three[1][1].successes == 2)
assert(of_three[3][2].n == 2 and of_three[3][2].successes == 1, "from third to second c is lost and b stays")
assert(of_three[2][3].n == 1 and of_three[2][3].successes == 1, "b stays when it moves from second to third")
assert(select(2, analysis.canvas({ triple }, 3)) == 0, "a judge that does not say where leaves the canvas empty")

-- Losses and distances beside those of other words and another seed.
local function null(name, first, second, is_seed, ssim)
  return { name = name, is_seed = is_seed, seen = { { present = first }, { present = second } }, change = {
    ssim = ssim } }
end
local with_nulls = {
  drawn = { drawn({ "cat", "pistol" }, true, true), drawn({ "pistol", "cat" }, true, false) },
  changes = { { ssim = 0.5 } },
  nulls = {
    null("other words", true, true, false, 0.1), null("more words", false, true, false, 0.3),
    null("another seed", true, false, true, 0.6),
  },
}
local lost = analysis.losses({ with_nulls })
assert(#lost == 2 and lost[1].unit[1] == "cat" and lost[1].unit[2] == "pistol")
assert(lost[1].order == 1 and lost[1].wording == 0.5 and lost[1].seed == 0, "the cat is lost when it moves back")
assert(lost[2].order == 0 and lost[2].wording == 0 and lost[2].seed == 1)
local far = analysis.distances({ with_nulls }, "ssim")[1]
assert(far.order == 0.5 and math.abs(far.wording - 0.2) < 1e-9 and far.seed == 0.6)
assert(analysis.distances({ with_nulls }, "clip")[1].order == nil)
assert(analysis.column(lost, "seed")[2] == 1 and analysis.unit{ "a", "b", "c" } == "a and b and c")

-- An encoder that ignores order has distance 0 at the rows of one word; one that sees it has not.
local bag = { t.rand({ 5, 4 }, { seed = 1 }), t.rand({ 5, 4 }, { seed = 2 }) }
local swapped = {}
for layer, x in ipairs(bag) do swapped[layer] = x:index_select(1, t{ 1, 4, 3, 2, 5 }) end
for _, distance in ipairs(word_order.text.distances(bag, swapped, 2, 4)) do assert(math.abs(distance) < 1e-6) end
assert(word_order.text.distances(bag, swapped, 2, 2)[1] > 1e-3)
