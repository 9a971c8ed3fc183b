-- %% [markdown]
-- # Are there golden seeds?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) ranked 1,024 seeds of Stable Diffusion by FID: 21.60 for the best,
-- 31.97 for the worst, and took the seeds that two top lists of 256 had in common, 65 and 67 of them. By chance two
-- such lists share 64. Here a ranking on one half of the nouns is judged on the other half, and everything beside
-- what seeds shuffled within each prompt give.
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
local shuffles = 50
local pools = 200

-- %%
local lunette = require "lunette"
local study, lab = require "study", require "seeds"
local report, attempt = study.report, study.attempt
local s = lab.studio.pictures{
  prompts = n, seeds = seeds, steps = steps, guidance = guidance, nouns = nouns, clip = clip, rng = rng, store = store,
  workers = workers,
}
local grid = s.grid
print(("%s: %d prompts × %d seeds, %d steps, guidance %g, judged by %s"):format(
  s.model.name, #grid.prompts, #grid.seeds, steps, guidance, s.judge and s.judge.name or "nobody"))

local plot, nulls, ranking = lunette.plot, lab.nulls, lab.ranking
if not s.clip then error("this study needs a CLIP: --set clip=DIRECTORY") end

-- %% [markdown]
-- ## What is to be found out
--
-- If there are golden seeds, a ranking of the seeds by KID on one half of the nouns holds on the other half: Spearman's
-- correlation of the two is the primary outcome, its interval drawn over the seeds, and 0.2 the least that would matter.
-- Besides, the worst seed lies farther from the best than shuffled seeds do, by a twentieth at least; and the golden
-- quarter is nearer to the reference, on nouns that did not choose it, than random quarters are, by 0.2 of the standard
-- deviation of the seeds' KID. The intervals of these two are those of the shuffles and of the random quarters.

-- %%
local plan = study.plan{
  unit = "seeds",
  primary = { name = "KID on one half and on the other, Spearman", smallest = 0.2, paper = "rankings hold" },
  secondary = {
    { name = "CMMD on one half and on the other, Spearman", smallest = 0.2, paper = "rankings hold" },
    { name = "worst − best by KID over shuffled seeds', less 1", smallest = 0.05, paper = "21.60 to 31.97 (FID)" },
    { name = "golden quarter nearer than random ones, in sd of the seeds", smallest = 0.2, paper = "–" },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## The reference

-- %%
-- reference features: renders where the model brings them, else all pictures of the sweep
local reference, source
local renders = study.offered(s.model, "reference")
if renders then
  local list = {}
  for i = 1, renders.count() do
    local entry = renders.get(i)
    if #entry.objects == 1 then list[#list + 1] = s.clip:image(entry.image) end
  end
  reference, source = lunette.tensor.stack(list), ("%d renders of one object"):format(#list)
else
  reference, source = grid:all("clip"), "all pictures of the sweep"
end
local half_a, half_b = lab.prompts.halves(s.prompts)
if #half_a < 2 or #half_b < 2 then half_a, half_b = s.texts, s.texts end
print(("reference: %s; ranked on %d nouns, judged on %d others"):format(source, #half_a, #half_b))

-- %% [markdown]
-- ## Worst minus best
--
-- The distance of each seed's pictures from the reference by KID and CMMD (unbiased) and by the Fréchet distance (which
-- is not, but all seeds have equally many pictures), on CLIP's features. The spread between worst and best is held
-- against shuffled seeds: a spread there always is.

-- %%
local spreads, lists, of_shuffled = {}, {}, {}
for i, which in ipairs{ "kid", "cmmd", "frechet" } do
  lists[which] = { a = ranking.of(grid, half_a, reference, which), b = ranking.of(grid, half_b, reference, which) }
  local null = ranking.null(grid, half_a, reference, which, shuffles)
  local own, range = ranking.spread(lists[which].a), nulls.range(null)
  of_shuffled[which] = null
  spreads[i] = {
    which, report.number(own, 4), report.interval(range, nil, 4), report.p(nulls.p(own, null)),
  }
end
lunette.display(lunette.table(spreads, { columns = { "by", "worst − best", "by chance [95 %]", "p" } }))

-- %% [markdown]
-- ## Does the ranking hold on other nouns?

-- %%
local size = math.max(1, #grid.seeds // 4)
local rows, of_pools = {}, {}
for i, which in ipairs{ "kid", "cmmd", "frechet" } do
  local found, reason = attempt(lunette.stats.spearman, lists[which].a, lists[which].b)
  local golden = ranking.best(lists[which].a, size)
  local percentile, own, others = ranking.percentile(grid, half_b, golden, reference, which, pools)
  of_pools[which] = { own = own, others = others }
  local top_b, has, common = ranking.best(lists[which].b, size), {}, 0
  for _, place in ipairs(golden) do has[place] = true end
  for _, place in ipairs(top_b) do common = common + (has[place] and 1 or 0) end
  rows[i] = {
    which, report.interval(found, reason), report.number(percentile, 3),
    ("%d of %d (chance %.1f, P %s)"):format(
      common, size, size * size / #grid.seeds, report.p(nulls.common(#grid.seeds, size, common))),
  }
end
lunette.display(lunette.table(rows, {
  columns = {
    "by", "Spearman between halves [95 %]", "golden quarter among random pools", "common to both top quarters",
  },
}))

lunette.display(plot.scatter{
  x = lists.kid.a, y = lists.kid.b, title = "KID of each seed", x_label = "nouns it was ranked on",
  y_label = "other nouns",
})

-- %% [markdown]
-- ## Is quality the seed's?
--
-- How much of what varies within prompts is the seed's: of the cosine of picture and prompt (*fit*) and of the judge's
-- confidence. *By chance* is the middle 95% of what shuffled seeds give.

-- %%
lunette.display(lab.variance.table{
  { "fit", grid:matrix "fit" }, { "confidence", grid:matrix "confidence" },
})

-- %% [markdown]
-- ## What was published, beside chance

-- %%
lunette.display(lunette.table({
  { "seeds in two top 256 of 1,024", "65", "64", report.p(nulls.common(1024, 256, 65)) },
  { "the same, second model", "67", "64", report.p(nulls.common(1024, 256, 67)) },
}, { columns = { "of", "published", "by chance", "P of at least so many" } }))

-- %% [markdown]
-- ## Best and worst, on nouns that they were not ranked on

-- %%
local order = ranking.best(lists.kid.a, #grid.seeds)
local shown, labels = {}, {}
for _, end_of in ipairs{ { order[1], "best" }, { order[#order], "worst" } } do
  for i = 1, math.min(8, #half_b) do
    shown[#shown + 1] = assert(lunette.image.open(grid:at(half_b[i], grid.seeds[end_of[1]]).image))
    labels[#shown] = ("%s %d"):format(end_of[2], grid.seeds[end_of[1]])
  end
end
lunette.display(lunette.image.grid(shown, { columns = math.min(8, #half_b), labels = labels }))

-- %% [markdown]
-- ## Findings

-- %%
for _, which in ipairs{ "kid", "cmmd" } do
  plan:answer(("%s on one half and on the other, Spearman"):format(which:upper()), function(opts)
    return attempt(lunette.stats.spearman, lists[which].a, lists[which].b, opts)
  end)
end
plan:answer("worst − best by KID over shuffled seeds', less 1", function(opts)
  return nulls.excess(ranking.spread(lists.kid.a), of_shuffled.kid, opts)
end)
plan:answer("golden quarter nearer than random ones, in sd of the seeds", function(opts)
  local range, own = nulls.range(of_pools.kid.others, opts.level), of_pools.kid.own
  local sd = attempt(lunette.stats.sd, lists.kid.b)
  if not sd or sd == 0 then return nil, "the seeds do not differ" end
  return { estimate = (range.estimate - own) / sd, low = (range.low - own) / sd, high = (range.high - own) / sd }
end)
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - Golden seeds need a spread beyond chance *and* a ranking that holds on other nouns. The golden quarter's place
--   among random pools of its size is 0.5 by chance.
-- - A top list that is read off the same pictures that it is praised for proves nothing.
