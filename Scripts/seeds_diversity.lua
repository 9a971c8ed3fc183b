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
-- ## What is to be found out
--
-- How different pictures are is 1 − the mean pairwise cosine of CLIP's vectors. The claim is that a set of seeds that lie
-- far apart in style differs more than random sets, on nouns that did not choose it; the primary outcome is by what share,
-- noun by noun, a twentieth at least. Besides, sets that lie apart by other features, the best of as many random sets, and
-- particle guidance, which is held against the same seeds without it. Intervals are drawn over the nouns.

-- %%
local by_field = { "style", "clip", "small" }
local best_of = ("best of %d random sets"):format(sets)
local function beyond(name) return name .. " over random sets, less 1" end
local plan = study.plan{
  unit = "nouns of the other half",
  primary = { name = beyond "farthest by style", smallest = 0.05, paper = "chosen seeds differ more", digits = 3 },
  secondary = {
    { name = beyond "farthest by clip", smallest = 0.05, paper = "–", digits = 3 },
    { name = beyond "farthest by small", smallest = 0.05, paper = "–", digits = 3 },
    { name = beyond(best_of), smallest = 0.05, paper = "–", digits = 3 },
    {
      name = "particle guidance over the same seeds without it, less 1", smallest = 0.05,
      paper = "differ more (Corso et al.)", digits = 3,
    },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Sets of seeds on nouns that they were not chosen on

-- %%
local random = lab.diversity.random(grid, size, half_b, "clip", sets)
local function place_among(value, values) -- the share of random sets that are less different
  local below = 0
  for _, other in ipairs(values) do below = below + (other > value and 1 or 0) end
  return below / #values
end
-- by noun: how different the pictures of a set are, over what those of random sets are on average, less 1
local function excess(found, base)
  local values = {}
  for i, cosine in ipairs(found) do values[i] = (1 - cosine) / (1 - base[i]) - 1 end
  return values
end
local candidates = {}
for _, field in ipairs(by_field) do
  local profiles = lab.diversity.profiles(grid, field, half_a)
  candidates[#candidates + 1] = { "farthest by " .. field, lab.diversity.farthest(profiles, size) }
end
local on_a, best = lab.diversity.random(grid, size, half_a, "clip", sets), 1
for k = 1, sets do
  if on_a.cosine[k] < on_a.cosine[best] then best = k end
end
candidates[#candidates + 1] = { best_of, on_a.sets[best] }
local rows = {}
for i, one in ipairs(candidates) do
  local found = lab.diversity.of(grid, one[2], half_b, "clip")
  local numbers = {}
  for k, place in ipairs(one[2]) do numbers[k] = grid.seeds[place] end
  local share = place_among(found.cosine, random.cosine)
  rows[i] = {
    one[1], table.concat(numbers, " "), report.number(found.cosine, 4), report.number(found.vendi, 3),
    report.number(share, 2), report.p((1 + sets * (1 - share)) / (sets + 1)),
  }
  plan:answer(beyond(one[1]), function(opts)
    return study.estimate.mean(excess(found.by_prompt, random.by_prompt), half_b, opts)
  end)
end
local chosen = candidates[1][2]
local range, vendi = lab.nulls.range(random.cosine), lab.nulls.range(random.vendi)
rows[#rows + 1] = {
  "random sets", "–", report.interval(range, nil, 4), report.interval(vendi, nil, 3), "0.50", "–",
}

-- %% [markdown]
-- ## Particle guidance
--
-- Pictures of one prompt that push each other apart while they are drawn (Corso et al. 2024), from the first seeds, on
-- some of the nouns; beside the pictures that these seeds give by themselves. *Drawn* is the share in which the judge sees
-- the noun: pictures that are pushed apart may stop showing it.

-- %%
local first, places = {}, {}
for k = 1, size do first[k], places[k] = grid.seeds[k], k end
local some = table.move(half_b, 1, math.min(12, #half_b), 1, {})
local pushed, alone, drawn = { by_prompt = {}, vendi = 0 }, lab.diversity.of(grid, places, some, "clip"), { 0, 0 }
local noun_of = {}
for _, one in ipairs(s.prompts) do noun_of[one.prompt] = one.noun end
local particles, particle_labels = {}, {}
for i, prompt in ipairs(some) do
  local images = lab.diversity.particles(s.model, {
    prompt = prompt, seeds = first, steps = steps, guidance = guidance, strength = strength,
  })
  local list = {}
  for k, image in ipairs(images) do
    list[k] = s.clip:image(image)
    local before = grid:at(prompt, first[k]).present
    local after = s.judge and s.judge:presence(image, { noun_of[prompt] })[1].present
    drawn[1], drawn[2] = drawn[1] + (before and 1 or 0), drawn[2] + (after and 1 or 0)
    if i <= 3 then
      particles[#particles + 1] = image
      particle_labels[#particles] = ("pushed %d"):format(first[k])
    end
  end
  local x = lunette.tensor.stack(list)
  pushed.by_prompt[i] = lab.diversity.cosine(x)
  pushed.vendi = pushed.vendi + lunette.metrics.vendi(x) / #some
end
for i, one in ipairs{
  { "the first seeds", alone.cosine, alone.vendi, drawn[1] },
  { "the same, particle guidance", lunette.stats.mean(pushed.by_prompt), pushed.vendi, drawn[2] },
} do
  rows[#rows + 1] = {
    ("%s, %d nouns (drawn: %d of %d)"):format(one[1], #some, one[4], #some * size),
    i == 1 and table.concat(first, " ") or "–", report.number(one[2], 4), report.number(one[3], 3), "–", "–",
  }
end
plan:answer("particle guidance over the same seeds without it, less 1", function(opts)
  return study.estimate.mean(excess(pushed.by_prompt, alone.by_prompt), some, opts)
end)
lunette.display(lunette.table(rows, {
  columns = { "set", "seeds", "mean pairwise cosine", "Vendi score", "more different than random sets", "p" },
}))
lunette.display(lunette.image.grid(particles, { columns = size, labels = particle_labels }))

-- %% [markdown]
-- ## The set that lies apart by style

-- %%
local shown, labels = {}, {}
for i = 1, math.min(4, #half_b) do
  for _, place in ipairs(chosen) do
    shown[#shown + 1] = assert(lunette.image.open(grid:at(half_b[i], grid.seeds[place]).image))
    labels[#shown] = ("seed %d"):format(grid.seeds[place])
  end
end
lunette.display(lunette.image.grid(shown, { columns = size, labels = labels }))

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - *More different than random sets* is 0.5 by chance, on nouns that a set was not chosen on; p counts random sets that
--   differ as much. Intervals over nouns say what other nouns would give for *this* set of seeds, p what other sets give.
-- - Choosing among random sets by trial is the rival: it needs no theory of seeds.
