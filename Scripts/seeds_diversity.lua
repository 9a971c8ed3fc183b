-- %% [markdown]
-- # Do chosen seeds give more different pictures?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) choose four seeds that lie far apart in style or composition, and
-- offer them for every prompt. Chosen here on one half of the nouns, judged on the other half: mean pairwise cosine
-- of CLIP's vectors (low is different) and the Vendi score (high is), beside random sets of four, beside the best of
-- as many random sets, chosen on the same nouns, and beside particle guidance.
--
-- The pictures are a sweep that all scripts of seeds share (`lunette-out/seeds`): what one has drawn the others find,
-- and a run that was interrupted goes on. `--set seeds=256 --set n=64` for more, `--set workers=4` for so many
-- processes (0: one a core), `--model DIRECTORY
-- --set clip=DIRECTORY` for another model, `--set rng=torch-cuda` for the seeds of PyTorch on a GPU.

-- %% tags=["parameters"]
local seeds = 64
local n = 48
local steps = 20
local guidance = 7.5
local nouns = {}
local clip = ""
local rng = ""
local store = ""
local workers = 0
local size = 4
local sets = 200
local strength = 1

-- %%
local lunette = require "lunette"
local study, lab = require "study", require "seeds"
local report = study.report
local s = lab.studio.pictures{
  prompts = n, seeds = seeds, steps = steps, guidance = guidance, nouns = nouns, clip = clip, rng = rng, store = store,
  workers = workers,
}
local grid = s.grid
print(("%s: %d prompts × %d seeds, %d steps, guidance %g, judged by %s"):format(
  s.model.name, #grid.prompts, #grid.seeds, steps, guidance, s.judge and s.judge.name or "nobody"))

if not s.clip then error("this study needs a CLIP: --set clip=DIRECTORY") end
local half_a, half_b = lab.prompts.halves(s.prompts)
if #half_b == 0 then half_b = half_a end
size = math.min(size, #grid.seeds)

-- %% [markdown]
-- ## Sets of seeds on nouns that they were not chosen on

-- %%
local random = lab.diversity.random(grid, size, half_b, "clip", sets)
local function place_among(value, values) -- the share of random sets that are less different
  local below = 0
  for _, other in ipairs(values) do below = below + (other > value and 1 or 0) end
  return below / #values
end
local candidates = {}
for _, field in ipairs{ "style", "clip", "small" } do
  local profiles = lab.diversity.profiles(grid, field, half_a)
  candidates[#candidates + 1] = { "farthest by " .. field, lab.diversity.farthest(profiles, size) }
end
local on_a, best = lab.diversity.random(grid, size, half_a, "clip", sets), 1
for k = 1, sets do
  if on_a.cosine[k] < on_a.cosine[best] then best = k end
end
candidates[#candidates + 1] = { ("best of %d random sets"):format(sets), on_a.sets[best] }
local rows, chosen = {}, nil
for i, one in ipairs(candidates) do
  local found = lab.diversity.of(grid, one[2], half_b, "clip")
  local numbers = {}
  for k, place in ipairs(one[2]) do numbers[k] = grid.seeds[place] end
  rows[i] = {
    one[1], table.concat(numbers, " "), report.number(found.cosine, 4), report.number(found.vendi, 3),
    report.number(place_among(found.cosine, random.cosine), 2),
  }
  chosen = chosen or one[2]
end
local range, vendi = lab.nulls.range(random.cosine), lab.nulls.range(random.vendi)
rows[#rows + 1] = { "random sets", "–", report.interval(range, nil, 4), report.interval(vendi, nil, 3), "0.50" }

-- %% [markdown]
-- ## Particle guidance
--
-- Pictures of one prompt that push each other apart while they are drawn (Corso et al. 2024), from the first seeds,
-- on some of the nouns.

-- %%
local cosine, score, count = 0, 0, math.min(6, #half_b)
for i = 1, count do
  local first = {}
  for k = 1, size do first[k] = grid.seeds[k] end
  local images = lab.diversity.particles(s.model, {
    prompt = half_b[i], seeds = first, steps = steps, guidance = guidance, strength = strength,
  })
  local list = {}
  for k, image in ipairs(images) do list[k] = s.clip:image(image) end
  local x = lunette.tensor.stack(list)
  cosine = cosine + (x:mm(x:t()):sum():item() - size) / (size * (size - 1)) / count
  score = score + lunette.metrics.vendi(x) / count
end
rows[#rows + 1] = {
  ("particle guidance (%d nouns)"):format(count), "–", report.number(cosine, 4), report.number(score, 3), "–",
}
lunette.display(lunette.table(rows, {
  columns = { "set", "seeds", "mean pairwise cosine", "Vendi score", "more different than random sets" },
}))

local shown, labels = {}, {}
for i = 1, math.min(4, #half_b) do
  for _, place in ipairs(chosen) do
    shown[#shown + 1] = assert(lunette.image.open(grid:at(half_b[i], grid.seeds[place]).image))
    labels[#shown] = ("seed %d"):format(grid.seeds[place])
  end
end
lunette.display(lunette.image.grid(shown, { columns = size, labels = labels }))

-- %% [markdown]
-- ## How to read this
--
-- - The last column is 0.5 by chance, and above 0.975 where a chosen set is more different than 97.5% of random ones,
--   on nouns that it was not chosen on.
-- - Choosing among random sets by trial is the rival: it needs no theory of seeds.
