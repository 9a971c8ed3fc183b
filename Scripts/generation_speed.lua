-- %% [markdown]
-- # Are some nouns drawn faster than others, and do they win?
--
-- Some things are recognisable after a few steps, others take most of the run. Du et al. (*Stable Diffusion is Unstable*, NeurIPS
-- 2023) measured this **generation speed** by the likeness (SSIM) of every step's picture to the final one, all nouns from the same
-- noise, and argued that in "X and Y" the faster noun crowds out the slower. Both halves are measured here: the curves, and the
-- duels.
--
-- Trials are kept as JSON lines in the output folder, so that an interrupted run goes on. `--set seeds=8` for more noise,
-- `--set n=150` for more pairs, `--set 'nouns={"cat", "pistol"}'` for your own nouns (or a table of such lists by category),
-- `--set 'sets={{"cat", "pistol"}}'` for exactly these pairs, `--model DIRECTORY`, `--set clip=DIRECTORY`.

-- %% tags=["parameters"]
local n = 50
local seeds = 3
local duel_seeds = 4
local steps = 30
local guidance = 7.5
local nouns = {}
local sets = {}
local clip = ""
local judge_kind = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local generation_speed = require "generation_speed"
local plot, stats = lunette.plot, lunette.stats
local report, estimate, attempt = study.report, study.estimate, study.attempt

local model = assert(lunette.load())
local words = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, {
  vocabulary = words.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local trials = study.trials.open("generation_speed", { model = model.fingerprint, judge = judge.identity, version = 3 })
print(("%s, judged by %s; %d nouns (%s), %d seeds"):format(
  model.name, judge.name, #words.nouns, words.source, seeds))

-- %% [markdown]
-- ## What is to be found out
--
-- A thing that fills the picture is settled early because there is more of it: *speed of the noun* means what is left when the
-- judged area is partialled out. And if speed is the noun's, two nouns from one noise must be further apart than one noun in other
-- words, and than one noun from two seeds. Intervals are drawn over nouns.

-- %%
local plan = study.plan{
  unit = "nouns",
  primary = { name = "the faster noun survives", null = 0.5, smallest = 0.1, paper = "more often than not" },
  secondary = {
    {
      name = "a noun's speed under other noise, its area apart (Spearman)", smallest = 0.2,
      paper = "speed belongs to the class",
    },
    {
      name = "half-times apart: two nouns less one in other words", smallest = 0.02,
      paper = "speed belongs to the class", digits = 3,
    },
    {
      name = "half-times apart: two nouns less one from two seeds", smallest = 0.02,
      paper = "speed belongs to the class", digits = 3,
    },
    { name = "the faster noun by decoded latents survives", null = 0.5, smallest = 0.1, paper = "more often than not" },
    { name = "the first noun survives", null = 0.5, smallest = 0.1, side = "either", paper = "a matter of its own" },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## One noun, step by step
--
-- Above: the latents of each step, decoded (what the paper's code does). Below: the picture that the model predicts at that step
-- (its x₀). The second is ahead of the first, as the noise that is still to be taken away is left out.

-- %%
local shown = { noisy = {}, predicted = {} }
local moments = {}
for i = 1, 6 do moments[math.max(1, (i * steps) // 6)] = true end
model:generate{
  prompt = study.words.with_article(words.nouns[1]), seed = 1, steps = steps, guidance = guidance,
  on_step_end = function(step)
    if moments[step.index] then
      table.insert(shown.noisy, lunette.image.new(model:decode(step.latents)))
      table.insert(shown.predicted, step:preview())
    end
  end,
}
local pictures = {}
for _, kind in ipairs{ "noisy", "predicted" } do
  for _, picture in ipairs(shown[kind]) do
    pictures[#pictures + 1] = picture:resize(96, 96 * picture:size(2) // picture:size(1), "nearest")
  end
end
lunette.display(lunette.image.grid(pictures, { columns = #shown.noisy }))

-- %% [markdown]
-- ## Curves
--
-- The mean likeness to the final picture over all nouns and seeds of a category, by step. Flat at first and steep late means that
-- the picture is settled late.

-- %%
local results = generation_speed.nouns(model, {
  nouns = words.nouns, seeds = study.draws.seeds(seeds), steps = steps, guidance = guidance, judge = judge,
  trials = trials,
})

local function curves_by_category(which)
  local by_category, series = {}, {}
  for _, trial in ipairs(results) do
    local category = words.category[trial.noun] or "given"
    by_category[category] = by_category[category] or {}
    table.insert(by_category[category], trial[which])
  end
  for category, curves in lunette.spairs(by_category) do
    series[#series + 1] = { y = generation_speed.mean_curve(curves), label = category }
  end
  return series
end
for _, reading in ipairs{ { "noisy", "decoded latents" }, { "predicted", "predicted x₀" } } do
  lunette.display(plot.line{
    series = curves_by_category(reading[1]), title = ("Likeness to the final picture: %s"):format(reading[2]),
    x_label = "step", y_label = "SSIM",
  })
end

-- %% [markdown]
-- ## Half-times
--
-- When a noun's curve has come half of its way from its first value to 1, as a share of the run; the mean over seeds. Small is
-- fast. A noun that the judge does not find in its own pictures has a speed too, of whatever was drawn instead: the column
-- `drawn` says how much a line means.

-- %%
local times = generation_speed.half_times(results, "predicted")
local noisy_times = generation_speed.half_times(results, "noisy")
local drawn = {}
for _, trial in ipairs(results) do
  local entry = drawn[trial.noun] or { successes = 0, n = 0 }
  drawn[trial.noun] = entry
  entry.n, entry.successes = entry.n + 1, entry.successes + (trial.present and 1 or 0)
end
local ordered = table.move(words.nouns, 1, #words.nouns, 1, {})
local function time_of(noun) return times[noun].mean or math.huge end
table.sort(ordered, function(a, b)
  if time_of(a) ~= time_of(b) then return time_of(a) < time_of(b) end
  return a < b
end)
local rows = {}
for _, noun in ipairs(ordered) do
  rows[#rows + 1] = {
    noun, words.category[noun] or "given", report.interval(report.mean(times[noun].values)),
    report.number(noisy_times[noun].mean), ("%d of %d"):format(drawn[noun].successes, drawn[noun].n), judge.name,
  }
end
lunette.display(lunette.table(rows, {
  columns = { "noun", "category", "half-time x₀ [95 %]", "half-time latents", "drawn", "judge" },
}))

local by_category = {}
for _, noun in ipairs(words.nouns) do
  local category = words.category[noun] or "given"
  by_category[category] = by_category[category] or {}
  table.insert(by_category[category], times[noun].values)
end
local categories, means = {}, {}
for category, clusters in lunette.spairs(by_category) do
  categories[#categories + 1] = category
  means[#categories] = report.clustered_mean(clusters) or false
end
lunette.display(report.bars(categories, means, {
  title = "Half-time by category (predicted x₀)", y_label = "share of the run",
}))

local x, y = {}, {}
for _, noun in ipairs(words.nouns) do
  if times[noun].mean and noisy_times[noun].mean then
    x[#x + 1], y[#y + 1] = times[noun].mean, noisy_times[noun].mean
  end
end
local agreement, reason = attempt(stats.spearman, x, y)
print(("Do both readings rank the nouns alike? Spearman %s"):format(report.interval(agreement, reason)))

-- what a half-time changes by when nothing of interest changes
local apart_rows = generation_speed.apart(results, generation_speed.nouns(model, {
  nouns = words.nouns, seeds = study.draws.seeds(1), steps = steps, guidance = guidance, judge = judge, trials = trials,
  null = "wording",
}), "predicted")
local apart_of, apart_nouns = { other = {}, wording = {}, seed = {} }, {}
for i, row in ipairs(apart_rows) do
  apart_nouns[i] = row.noun
  for name, values in pairs(apart_of) do values[i] = row[name] end
end
local apart_shown = {}
for i, line in ipairs{
  { "of two nouns, one noise", "other" }, { "of one noun, one noise, in other words", "wording" },
  { "of one noun from two seeds", "seed" },
} do
  local found, none = estimate.mean(apart_of[line[2]], apart_nouns)
  apart_shown[i] = { line[1], #apart_rows, report.interval(found, none, 3) }
end
lunette.display(lunette.table(apart_shown, {
  columns = { "half-times (x₀)", "nouns", "how far apart, in shares of the run [95 %, over nouns]" },
}))
for _, line in ipairs{ { "in other words", "wording" }, { "from two seeds", "seed" } } do
  plan:answer(("half-times apart: two nouns less one %s"):format(line[1]), function(opts)
    return estimate.paired(apart_of.other, apart_of[line[2]], apart_nouns, opts)
  end)
end

-- by noun, the half-times from odd and from even seeds, and the area that the judge sees
local halves, areas = { {}, {} }, {}
for _, trial in ipairs(results) do
  table.insert(halves[trial.seed % 2 + 1], trial)
  if trial.area then
    areas[trial.noun] = areas[trial.noun] or {}
    table.insert(areas[trial.noun], trial.area)
  end
end
local times_of = {
  generation_speed.half_times(halves[2], "predicted"), generation_speed.half_times(halves[1], "predicted"),
}
local odd, even, with_area, their_nouns = {}, {}, {}, {}
for _, noun in ipairs(words.nouns) do
  local a, b = times_of[1][noun], times_of[2][noun]
  if a and b and a.mean and b.mean then
    odd[#odd + 1], even[#even + 1] = a.mean, b.mean
    if areas[noun] then
      with_area[#with_area + 1], their_nouns[#their_nouns + 1] = { a.mean, b.mean, stats.mean(areas[noun]) }, noun
    end
  end
end
local reliability, unreliable = attempt(stats.spearman, odd, even)
print(("Half-times from odd against even seeds: Spearman %s"):format(report.interval(reliability, unreliable)))
local of_area, of_time = {}, {}
for i, one in ipairs(with_area) do of_area[i], of_time[i] = one[3], (one[1] + one[2]) / 2 end
print(("Half-times against the area that the judge sees: Spearman %s"):format(
  report.interval(attempt(stats.spearman, of_time, of_area))))
local apart, none_apart = plan:answer("a noun's speed under other noise, its area apart (Spearman)", function(opts)
  if #with_area < 5 then return nil, "the judge does not say how large things are" end
  return estimate.drawn(with_area, generation_speed.partial, their_nouns, opts)
end)
print(("the same, area apart: %s"):format(report.interval(apart, none_apart)))

-- %% [markdown]
-- ## Duels
--
-- "X and Y" and "Y and X" over pairs and seeds. Where exactly one of the two is drawn: is it the faster one? A half would be
-- chance. Faster is meant by the predicted x₀, and in a line of its own by the decoded latents. Standing first is the rival
-- explanation, and both orders are drawn equally often, so that it cannot stand in for speed; it has its own line as well. In the
-- logistic regression, `lead` is how much faster the faster one is (in shares of the run, less its mean), so that the intercept is
-- the log odds of the faster one at a mean lead. Standard errors know that duels of one pair are alike.

-- %%
if #sets == 0 then sets = study.draws.sets(words.nouns, 2, n, 1) end
local duels_of = generation_speed.pairs(model, {
  pairs = sets, seeds = study.draws.seeds(duel_seeds), steps = steps, guidance = guidance,
  judge = judge, trials = trials,
})
local duels, by_latents = generation_speed.duels(duels_of, times), generation_speed.duels(duels_of, noisy_times)
print(report.caveat(#duels.faster_survives, #duels_of, "pictures, those that show exactly one of the two nouns,"))

local function count(answers)
  local yes = 0
  for _, answer in ipairs(answers) do yes = yes + (answer and 1 or 0) end
  return yes
end
local verdicts = {}
for _, line in ipairs{
  { "the faster noun survives", duels.faster_survives, duels },
  { "the faster noun by decoded latents survives", by_latents.faster_survives, by_latents },
  { "the first noun survives", duels.first_survives, duels },
} do
  local found, none = plan:answer(line[1], function(opts) return estimate.share(line[2], line[3].cluster, opts) end)
  verdicts[#verdicts + 1] = { line[1], count(line[2]), #line[2], report.interval(found, none), judge.name }
end
lunette.display(lunette.table(verdicts, {
  columns = { "duels in which", "yes", "of", "share [over nouns, corrected]", "judge" },
}))

-- %% [markdown]
-- If the noun is what is slow, whatever was lost should be lost again: in the other order, in other words ("a picture of …", "next
-- to"), from another seed. Against it stands how often nouns are lost at all.

-- %%
local again = generation_speed.again(model, duels_of, {
  steps = steps, guidance = guidance, judge = judge, trials = trials,
})
local lost_again, again_units, every, every_units = { order = {}, wording = {}, seed = {} }, {}, {}, {}
for i, row in ipairs(again) do
  again_units[i] = row.unit
  for name, values in pairs(lost_again) do values[i] = row[name] end
end
for _, trial in ipairs(duels_of) do
  for position = 1, 2 do
    every[#every + 1], every_units[#every + 1] = trial.present[position] and 0 or 1, trial.nouns
  end
end
local again_row = { #again }
for i, name in ipairs{ "order", "wording", "seed" } do
  local found, none = estimate.mean(lost_again[name], again_units)
  again_row[i + 1] = report.interval(found, none)
end
local ever, never = estimate.mean(every, every_units)
again_row[5], again_row[6] = report.interval(ever, never, 3), judge.name
lunette.display(lunette.table({ again_row }, {
  columns = {
    "lost", "again in the other order [95 %]", "again in other words", "again from another seed",
    "any noun of any picture", "judge",
  },
}))

-- %%
local mean_lead, centred = attempt(stats.mean, duels.lead), {}
for i, lead in ipairs(duels.lead) do centred[i] = lead - mean_lead end
local fit, no_fit = attempt(stats.logistic_regression, { lead = centred }, duels.faster_survives, {
  clusters = duels.cluster,
})
if not fit then
  print(("regression: – (%s)"):format(no_fit))
else
  local lines = {}
  for _, c in ipairs(fit.coefficients) do
    lines[#lines + 1] = { c.name, report.interval(c), report.p(c.p), fit.n }
  end
  lunette.display(lunette.table(lines, { columns = { "coefficient", "log odds [95 %]", "p", "duels" } }))
end

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - A *verdict* asks whether the whole interval is on the paper's side and may matter (agrees), on the other side or short of what
--   matters (disagrees), too small to matter either way, or none of these (open).
-- - The claim of the paper needs both: half-times that differ by more than their intervals, and a share of the faster one whose
--   interval lies above one half.
-- - SSIM rewards flat ground: a small thing on a plain background is "fast" because most of its picture is ground. Compare within
--   a category before comparing categories.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
