-- Tables made by hand, whose answers are known.
local lunette = require "lunette"
local seeds = require "seeds"
local t = lunette.tensor

local function near(a, b, tolerance) return math.abs(a - b) < (tolerance or 1e-5) end

-- Shares of variance: what is all the seed's, all the prompt's, half and half.
local by_seed = t{ { 1, 2, 3 }, { 1, 2, 3 } }
local shares = seeds.variance.shares(by_seed)
assert(near(shares.seed, 1) and near(shares.prompt, 0) and near(shares.rest, 0))
assert(near(seeds.variance.shares(by_seed:t()).prompt, 1))
local both = seeds.variance.shares(t{ { 0, 1 }, { 1, 2 } })
assert(near(both.seed, 0.5) and near(both.prompt, 0.5))
assert(seeds.variance.shares(t.ones{ 3, 3 }) == nil)
local real = seeds.variance.of_seed(by_seed:tile(4, 4), { permutations = 99 })
assert(near(real.p, 0.01) and real.null.high < 1 and near(real.share.estimate, 1) and near(real.share.low, 1, 1e-3))
-- Under the null, p is nowhere near.
local noise = seeds.variance.of_seed(t.randn({ 12, 16 }, { seed = 5 }), { permutations = 99 })
assert(noise.p > 0.05 and noise.share.low < 0 and noise.share.high < 0.3)
assert(seeds.variance.of_seed(t.ones{ 3, 3 }) == nil and seeds.variance.of_seed(t.randn{ 2, 3 }) == nil)
-- y = prompt + seed + rest with a seed's share of 1 / 3, whatever the number of prompts; vectors as their parts together.
local part = t.randn({ 1, 200 }, { seed = 6 }):expand{ 40, 200 }
local mixed = part + t.randn({ 40, 200 }, { seed = 7 }) * math.sqrt(2) + t.randn({ 40, 1 }, { seed = 8 }) * 5
assert(near(seeds.variance.share(mixed), 1 / 3, 0.05))
local few = mixed[{ { 1, 4 } }]
assert(near(seeds.variance.share(few), 1 / 3, 0.12) and seeds.variance.shares(few).seed < 0.1)
local vectors = t.stack({ mixed, mixed }, 3)
assert(near(seeds.variance.share(vectors), seeds.variance.share(mixed), 1e-4))
-- With nothing to find the interval excludes 0 in no more than 5% (it is wide there; p of the shuffles is exact).
local excludes = 0
for k = 1, 100 do
  local spread = t.randn({ 20, 1 }, { seed = k }):exp()
  local found = seeds.variance.interval(t.randn({ 20, 16 }, { seed = 900 + k }) * spread)
  if found.low > 0 or found.high < 0 then excludes = excludes + 1 end
end
assert(excludes <= 7, excludes .. " of 100 intervals exclude 0")
-- the same as the mean product of two prompts, by hand
local hand = t{ { 0, 2, 4 }, { 0, 2, 4 }, { 3, 3, 0 } }
assert(near(seeds.variance.share(hand), ((8 - 6 - 6) / 3) / ((8 + 8 + 6) / 3)))
local excess = seeds.nulls.excess(3, { 1, 1, 2, 2, 2 })
assert(near(excess.estimate, 0.5) and excess.low >= 0.5 and seeds.nulls.excess(1, { 1, 2, 3 }).low < 0)

-- Shuffling keeps what each prompt has.
local shuffled = seeds.nulls.shuffled(t.arange(12):view{ 3, 4 }, 1)
assert(near((shuffled:sum(2) - t.arange(12):view{ 3, 4 }:sum(2)):abs():max():item(), 0))

-- Two top-256 lists of 1,024 have 64 in common by chance: what was reported, 65 and 67, is no more than that.
assert(near(seeds.nulls.common(1024, 256, 65), 0.46, 0.005))
assert(near(seeds.nulls.common(1024, 256, 67), 0.34, 0.005))
assert(near(seeds.nulls.common(10, 3, 0), 1, 1e-9))
assert(near(seeds.nulls.p(3, { 1, 2, 4 }), 0.5))
assert(near(seeds.nulls.range({ 1, 2, 3, 4, 5 }, 0.5).low, 2))

-- A grid of rows, and rankings: seed 2 draws what is wanted.
local function rows()
  local list, place = {}, 0
  for p = 1, 4 do
    for seed = 1, 3 do
      local vector = t.randn({ 6 }, { seed = 10 * p + seed }) * 0.1 + (seed == 2 and 0 or 2)
      list[#list + 1] = { prompt = "p" .. p, seed = seed, clip = vector, x = seed + p, style = vector }
    end
  end
  return function()
    place = place + 1
    return list[place]
  end
end
local grid = seeds.grid.of(rows())
assert(#grid.prompts == 4 and #grid.seeds == 3 and grid:matrix "x":size(1) == 4 and grid:matrix "none" == nil)
local places = grid:tensor{ "x", "x" }
assert(places:size(3) == 2 and near(places[{ 2, 3, 1 }]:item(), 5) and grid:tensor{ "x", "none" } == nil)
local clips = grid:tensor "clip"
assert(clips:size(3) == 6 and near(clips[{ 3, 2, 4 }]:item(), grid:at("p3", 2).clip[4]:item()))
local reference = t.randn({ 30, 6 }, { seed = 1 }) * 0.1
for _, which in ipairs{ "kid", "cmmd", "frechet" } do
  local list = seeds.ranking.of(grid, grid.prompts, reference, which)
  assert(seeds.ranking.best(list, 1)[1] == 2, which)
  local null = seeds.ranking.null(grid, grid.prompts, reference, which, 19)
  -- Of three seeds, one shuffle in 27 puts the odd one of all four prompts together again.
  assert(seeds.nulls.p(seeds.ranking.spread(list), null) <= 0.2, which)
end
assert(seeds.ranking.percentile(grid, grid.prompts, { 2 }, reference, "kid", 20) > 0.4)

-- Diversity: the pair that lies apart is found, and is more diverse than the pair that does not.
local profiles = seeds.diversity.profiles(grid, "style", grid.prompts)
local far = seeds.diversity.farthest(profiles, 2)
assert(far[1] == 2 or far[2] == 2)
local apart = seeds.diversity.of(grid, { 1, 2 }, grid.prompts, "style")
local alike = seeds.diversity.of(grid, { 1, 3 }, grid.prompts, "style")
assert(apart.cosine < alike.cosine and apart.vendi > alike.vendi and #apart.by_prompt == 4)
local random = seeds.diversity.random(grid, 2, grid.prompts, "clip", 5)
assert(near(lunette.stats.mean(random.by_prompt), lunette.stats.mean(random.cosine)))

-- A classifier learns where a bright spot is, and cannot learn labels that mean nothing.
local function spots(count, first, meaning)
  local list = {}
  for i = 1, count do
    local label = i % 4 + 1
    local picture = t.rand({ 3, 32, 32 }, { seed = first + i }) * 0.3
    local row, column = (label - 1) // 2 * 16 + 1, (label - 1) % 2 * 16 + 1
    picture[{ {}, { row, row + 15 }, { column, column + 15 } }] = 0.9
    list[i] = { pixels = picture, label = meaning and label or (i * 7) % 4 + 1, vector = picture:flatten() }
  end
  return list
end
local network = seeds.classifier.train(spots(64, 0, true), 4, { epochs = 4, batch = 16, rate = 3e-3 })
local new, labels, units = spots(20, 1000, true), {}, {}
for i, one in ipairs(new) do labels[i], units[i] = one.label, i <= 10 and "a" or "b" end
local guessed = seeds.classifier.guesses(network, new)
local answers, count = seeds.classifier.right(guessed, labels)
assert(count >= 18 and #answers == 20 and answers[1] + answers[2] <= 2)
local _, all = seeds.classifier.right(seeds.classifier.nearest_mean(spots(64, 0, true), new, 4), labels)
assert(all == 20)
local by_chance = seeds.classifier.by_chance(guessed, labels, units, 50)
local mean = lunette.stats.mean(by_chance)
assert(mean > 3 and mean < 7, ("a quarter of 20 by chance, got %g"):format(mean))
local loss = seeds.classifier.cross_entropy(t{ { 0, 0 }, { 100, 0 } }, { 1, 1 })
assert(near(loss:item(), math.log(2) / 2))

-- Holes and what is in them.
local mask = seeds.inpainting.hole({ x = 10, y = 20, width = 4, height = 6 }, 64, 64, 2)
assert(mask:sum():item() == 8 * 10 and mask[{ 19, 9 }]:item() == 1 and mask[{ 18, 9 }]:item() == 0)
local object = { noun = "cat", kind = "noun", area = 8, mask = t.zeros{ 64, 64 } }
object.mask[{ 22, { 11, 14 } }] = 1
assert(seeds.inpainting.artefacts({ object }, mask, {}) == 0, "half of it is not inside")
object.mask[{ 23, { 11, 14 } }] = 1
assert(seeds.inpainting.artefacts({ object }, mask, {}) == 1)
assert(seeds.inpainting.artefacts({ object }, mask, { "cat" }) == 0)
