-- %% [markdown]
-- # Has a seed a style of its own?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) found that pictures of one seed share looks over prompts: grey
-- ones, bordered ones, ones with much sky. Here, by number: the share of what varies in colour and border that is the
-- seed's, beside the share that seeds have when they are shuffled within each prompt, which is chance; and maps of
-- the pictures' styles.
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

-- %% [markdown]
-- ## What is to be found out
--
-- A picture's style is the Gram matrices of feature maps as cosines of channels. The claim is that a seed has a style:
-- that of what varies within a prompt a share goes with the seed over prompts. That share, an intraclass correlation (0
-- without an effect whatever the number of prompts, 1 where the seed decides all), is the primary outcome, with an
-- interval over prompts; a twentieth is the least that would matter. The same is asked of plain colours.

-- %%
local plan = study.plan{
  unit = "prompts",
  primary = { name = "the seed's share of style", smallest = 0.05, paper = "seeds share looks", digits = 3 },
  secondary = {
    { name = "the seed's share of red", smallest = 0.05, paper = "grey seeds", digits = 3 },
    { name = "the seed's share of green", smallest = 0.05, paper = "grey seeds", digits = 3 },
    { name = "the seed's share of blue", smallest = 0.05, paper = "grey seeds", digits = 3 },
    { name = "the seed's share of border", smallest = 0.05, paper = "bordered seeds", digits = 3 },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Shares of what varies
--
-- *By chance* is the middle 95% of what seeds give that are shuffled within each prompt; p counts shuffles with a share
-- as large (200 of them, the observed one included), corrected by Holm over the lines.

-- %%
local fields = { { "style", grid:tensor "style" } }
for _, name in ipairs{ "red", "green", "blue", "border" } do fields[#fields + 1] = { name, grid:matrix(name) } end
lunette.display(lab.variance.table(fields))
for _, field in ipairs(fields) do
  plan:answer("the seed's share of " .. field[1], function(opts) return lab.variance.interval(field[2], opts) end)
end

-- %% [markdown]
-- ## Styles
--
-- Styles less the mean of their prompt, averaged over the prompts of a half: a profile of each seed. Principal
-- components of the profiles over all prompts; then one point a seed, from its styles over all prompts, by t-SNE. If a seed
-- has a style, the profile of it over one half of the prompts is nearer to its own over the other half than to other
-- seeds': the share of seeds for which it is the nearest, beside 1 / seeds.

-- %%
local half_a, half_b = lab.prompts.halves(s.prompts)
if #half_b == 0 then half_b = half_a end
local function profiles(prompts) return lab.diversity.profiles(grid, "style", prompts) end
local a, b = profiles(half_a), profiles(half_b)
local cosines = a:normalize(2):mm(b:normalize(2):t())
local nearest = cosines:argmax(2):tolist()
local hits = 0
for i = 1, #nearest do hits = hits + (math.tointeger(nearest[i]) == i and 1 or 0) end
-- by chance: seeds shuffled in the second half of the prompts
local null = {}
for k = 1, 200 do
  local order, chance = lab.nulls.order(#nearest, k), 0
  for i = 1, #nearest do chance = chance + (math.tointeger(nearest[i]) == order[i] and 1 or 0) end
  null[k] = chance
end
local found = report.share(hits, #nearest)
print(("the other half's profile is the seed's own for %d of %d seeds, %s; by chance %.0f to %.0f; p %s"):format(
  hits, #nearest, report.interval(found), lab.nulls.range(null).low, lab.nulls.range(null).high,
  report.p(lab.nulls.p(hits, null))))

local all = profiles(s.texts)
local components = lunette.linalg.pca(all, { k = math.min(2, #grid.seeds, all:size(2)) })
print(("two components hold %.0f%% of what the seeds' profiles differ by"):format(
  100 * (components.ratio[1] + (components.ratio[2] or 0))))
if #grid.seeds >= 8 and #grid.seeds <= 1024 then
  local points = lunette.embed.tsne(all, { perplexity = math.min(10, #grid.seeds / 4), seed = 1 })
  print(("trustworthiness of the map: %.2f (1 is perfect, 0.5 is chance)"):format(
    lunette.embed.trustworthiness(all, points, { k = math.min(5, (#grid.seeds - 1) // 2) })))
  lunette.display(lunette.plot.scatter{
    x = points:select(2, 1), y = points:select(2, 2), title = "One point a seed, by style",
  })
end

-- %% [markdown]
-- ## Galleries: the seeds at both ends of the first component

-- %%
local scores = components.scores:select(2, 1):tolist()
local order = lab.ranking.best(scores, #scores)
local shown, labels = {}, {}
for _, end_of in ipairs{ { order[1], "low" }, { order[#order], "high" } } do
  for i = 1, math.min(8, #grid.prompts) do
    local row = grid:at(grid.prompts[i], grid.seeds[end_of[1]])
    shown[#shown + 1] = assert(lunette.image.open(row.image))
    labels[#shown] = ("%s %d"):format(end_of[2], grid.seeds[end_of[1]])
  end
end
lunette.display(lunette.image.grid(shown, { columns = math.min(8, #grid.prompts), labels = labels }))

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - A share of the seed above *by chance* with a small p says that seeds have looks of their own over prompts; how
--   large it is beside the prompt's share says whether that matters.
-- - The maps show, the numbers above them decide: t-SNE makes groups of noise too.
