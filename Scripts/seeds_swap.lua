-- %% [markdown]
-- # What decides a picture: where it begins, or the noise on the way?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) begin a run from seed *i* and go on from seed *j*: the picture is
-- that of *i*. With DDIM at η = 0 no noise comes after the first, so that the swap does nothing **by construction**;
-- at η = 1 each step brings new noise, and the question is a real one. Likeness (SSIM and CLIP's cosine) to the whole
-- runs of *i*, of *j*, and of a third seed that has no part in it, which is the null.
--
-- Pictures are kept beside the output folder (`lunette-out/seeds`), so that a run that was interrupted goes on.
-- `--set draws=8` for more seeds.

-- %% tags=["parameters"]
local n = 12
local draws = 6
local steps = 20
local guidance = 7.5
local nouns = {}
local moments = { 0.1, 0.5, 0.9 }
local clip = ""
local store = ""
local workers = 0

-- %%
local lunette = require "lunette"
local study, lab = require "study", require "seeds"
local report = study.report
local s = lab.studio.open{ prompts = n, nouns = nouns, clip = clip }
local estimate = study.estimate

-- %% [markdown]
-- ## What is to be found out
--
-- The claim is that a picture is that of the seed it began from: nearer, by 0.05 of SSIM at least, to the run of *i*
-- than to that of *j*, where noise comes after the first (η = 1) and the swap is early. Intervals are drawn over prompts.

-- %%
local function at(moment) return ("%g %% of the steps"):format(100 * moment) end
local early = ("SSIM to i − to j, η = 1, swapped at %s"):format(at(moments[1]))
local noise_counts = ("SSIM to j − to the third, η = 1, swapped at %s"):format(at(moments[1]))
local by_clip = ("CLIP's cosine to i − to j, η = 1, swapped at %s"):format(at(moments[1]))
local plan = study.plan{
  unit = "prompts",
  primary = { name = early, smallest = 0.05, paper = "the picture is i's" },
  secondary = {
    { name = noise_counts, smallest = 0.05, side = "either", paper = "–" },
    { name = by_clip, smallest = 0.02, paper = "the picture is i's" },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## The trials

-- %%
local sweep = lunette.sweep(lab.swap.plan{
  model = s.model, clip = s.clip, prompts = s.texts, draws = study.draws.seeds(draws), moments = moments, steps = steps,
  guidance = guidance, folder = lab.studio.folder(store, "swap"),
})
local trials = {}
for row in sweep:rows{ workers = lab.studio.workers(workers), pictures = false } do trials[#trials + 1] = row end
print(("%s: %d trials of %d prompts, %d steps, guidance %g"):format(s.model.name, #trials, #s.texts, steps, guidance))

-- %% [markdown]
-- ## Likeness to the three
--
-- Means with intervals over prompts (t). The last columns: how much more the picture is like the run of *i* than that of
-- *j*, and how much more like *j*'s than like the third seed's.

-- %%
local function of(eta, moment, value)
  local values, prompts = {}, {}
  for _, trial in ipairs(trials) do
    if trial.eta == eta and trial.moment == moment then
      values[#values + 1], prompts[#prompts + 1] = value(trial), trial.prompt
    end
  end
  return values, prompts
end
local function clustered(eta, moment, value, opts)
  local values, prompts = of(eta, moment, value)
  return estimate.mean(values, prompts, opts)
end
local function less(measure, one, other)
  return function(trial) return trial[measure .. "_" .. one] - trial[measure .. "_" .. other] end
end
local measures = s.clip and { "ssim", "clip" } or { "ssim" }
for _, measure in ipairs(measures) do
  local rows = {}
  for _, eta in ipairs{ 0, 1 } do
    for _, moment in ipairs(moments) do
      local function to(name) return function(trial) return trial[measure .. "_" .. name] end end
      rows[#rows + 1] = {
        eta, moment, report.interval(clustered(eta, moment, to "first")),
        report.interval(clustered(eta, moment, to "second")), report.interval(clustered(eta, moment, to "third")),
        report.interval(clustered(eta, moment, less(measure, "first", "second"))),
        report.interval(clustered(eta, moment, less(measure, "second", "third"))),
      }
    end
  end
  print(measure == "ssim" and "SSIM" or "cosine of CLIP's vectors")
  lunette.display(lunette.table(rows, {
    columns = { "η", "swapped at", "to i's run", "to j's run", "to a third", "i − j", "j − third" },
  }))
end

-- %% [markdown]
-- ## Whose is it?
--
-- In how many trials the picture is more like the run of *i* than that of *j*. By chance that is a half; *p* is of exchanging the
-- names *i* and *j* at random, for all trials of a prompt together, corrected by Holm over the lines. Below, the pictures of the
-- first trials at η = 1, by when the seed was exchanged, beside the whole runs.

-- %%
local rows, ps = {}, {}
for _, eta in ipairs{ 0, 1 } do
  for _, moment in ipairs(moments) do
    local first, prompts = of(eta, moment, function(trial) return trial.ssim_first end)
    local second, answers = of(eta, moment, function(trial) return trial.ssim_second end), {}
    local count = 0
    for i = 1, #first do
      answers[i] = first[i] > second[i]
      count = count + (answers[i] and 1 or 0)
    end
    local test = study.attempt(lunette.stats.permutation_test, first, second, {
      paired = true, clusters = prompts, seed = 1,
    })
    rows[#rows + 1] = { eta, moment, count, #first, report.interval(estimate.share(answers, prompts)) }
    ps[#ps + 1] = test and test.p or 1
  end
end
for i, p in ipairs(lunette.stats.holm(ps)) do table.insert(rows[i], report.p(p)) end
lunette.display(lunette.table(rows, {
  columns = { "η", "swapped at", "like i's run", "of", "share [95 %, over prompts]", "p (exchanged by prompt)" },
}))

local shown, labels = {}, {}
for i = 1, math.min(4, #s.texts) do
  for _, moment in ipairs(moments) do
    for _, trial in ipairs(trials) do
      if trial.prompt == s.texts[i] and trial.eta == 1 and trial.moment == moment and trial.draw == 1 then
        shown[#shown + 1] = assert(lunette.image.open(trial.image))
        labels[#shown] = ("at %g %%"):format(100 * moment)
      end
    end
  end
  for seed, name in ipairs{ "run of i", "run of j", "a third" } do
    shown[#shown + 1] = s.model:generate{
      prompt = s.texts[i], seed = seed, steps = steps, guidance = guidance, eta = 1, scheduler = "ddim",
    }.image
    labels[#shown] = name
  end
end
lunette.display(lunette.image.grid(shown, { columns = #moments + 3, labels = labels }))

-- %% [markdown]
-- ## Findings

-- %%
plan:answer(early, function(opts) return clustered(1, moments[1], less("ssim", "first", "second"), opts) end)
plan:answer(noise_counts, function(opts)
  return clustered(1, moments[1], less("ssim", "second", "third"), opts)
end)
if s.clip then
  plan:answer(by_clip, function(opts) return clustered(1, moments[1], less("clip", "first", "second"), opts) end)
end
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - At η = 0 the whole likeness to *i* is construction and no finding.
-- - At η = 1 the claim is that *i − j* is above 0 already when the swap comes early; *j − third* above 0 says that
--   the later noise counts too.
