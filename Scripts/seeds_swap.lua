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
-- Means with intervals over prompts. The last columns: how much more the picture is like the run of *i* than that of
-- *j*, and how much more like *j*'s than like the third seed's.

-- %%
local function clustered(eta, moment, value)
  local clusters, place = {}, {}
  for _, trial in ipairs(trials) do
    if trial.eta == eta and trial.moment == moment then
      if not place[trial.prompt] then
        place[trial.prompt] = #clusters + 1
        clusters[#clusters + 1] = {}
      end
      table.insert(clusters[place[trial.prompt]], value(trial))
    end
  end
  return report.clustered_mean(clusters)
end
local measures = s.clip and { "ssim", "clip" } or { "ssim" }
for _, measure in ipairs(measures) do
  local rows = {}
  for _, eta in ipairs{ 0, 1 } do
    for _, moment in ipairs(moments) do
      local function of(name) return function(trial) return trial[measure .. "_" .. name] end end
      local function less(a, b) return function(trial) return of(a)(trial) - of(b)(trial) end end
      rows[#rows + 1] = {
        eta, moment, report.interval(clustered(eta, moment, of "first")),
        report.interval(clustered(eta, moment, of "second")), report.interval(clustered(eta, moment, of "third")),
        report.interval(clustered(eta, moment, less("first", "second"))),
        report.interval(clustered(eta, moment, less("second", "third"))),
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
-- In how many trials the picture is more like the run of *i* than that of *j*. By chance (the two names exchanged at
-- random within each trial) that is a half; p is of the sign test over prompts.

-- %%
local rows = {}
for _, eta in ipairs{ 0, 1 } do
  for _, moment in ipairs(moments) do
    local by_prompt, mine, count, order = {}, 0, 0, {}
    for _, trial in ipairs(trials) do
      if trial.eta == eta and trial.moment == moment then
        local is_first = trial.ssim_first > trial.ssim_second
        mine, count = mine + (is_first and 1 or 0), count + 1
        if not by_prompt[trial.prompt] then
          by_prompt[trial.prompt] = 0
          order[#order + 1] = trial.prompt
        end
        by_prompt[trial.prompt] = by_prompt[trial.prompt] + trial.ssim_first - trial.ssim_second
      end
    end
    local differences, zeros = {}, {}
    for i, prompt in ipairs(order) do differences[i], zeros[i] = by_prompt[prompt], 0 end
    local test = study.attempt(lunette.stats.sign_test, differences, zeros)
    rows[#rows + 1] = {
      eta, moment, mine, count, report.interval(report.share(mine, count)), report.p(test and test.p),
    }
  end
end
lunette.display(lunette.table(rows, {
  columns = { "η", "swapped at", "like i's run", "of", "share [95 %]", "p (sign test over prompts)" },
}))

-- %% [markdown]
-- ## How to read this
--
-- - At η = 0 the whole likeness to *i* is construction and no finding.
-- - At η = 1 the claim is that *i − j* is above 0 already when the swap comes early; *j − third* above 0 says that
--   the later noise counts too.
