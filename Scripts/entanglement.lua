-- %% [markdown]
-- # Which pairs of nouns get in each other's way?
--
-- Du et al. (*Stable Diffusion is Unstable*, NeurIPS 2023) hold that two nouns with similar coarse features are entangled: their
-- cross-attention lies on the same places, one is lost, and a picture of one can be finished as the other (a feather begun as a
-- silver salmon) where unlike things cannot (a magician). Three measurements: the overlap of the two nouns' maps over the steps,
-- finishing B from A's step k, and whether overlap or likeness *predicts* that a noun is lost.
--
-- Trials are kept as JSON lines in the output folder, so that an interrupted run goes on. `--set n=120` for more pairs,
-- `--set continued=8` for more nouns in the matrix, `--set 'nouns={"feather", "salmon", "magician"}'` for your own,
-- `--set 'sets={{"feather", "salmon"}}'` for exactly these pairs, `--model DIRECTORY`, `--set clip=DIRECTORY`.

-- %% tags=["parameters"]
local n = 50
local seeds = 3
local continued = 9
local continued_seeds = 1
local steps = 30
local guidance = 7.5
local nouns = {}
local sets = {}
local clip = ""
local judge_kind = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local entanglement = require "entanglement"
local plot, stats = lunette.plot, lunette.stats
local report, estimate, attempt = study.report, study.estimate, study.attempt

local model = assert(lunette.load())
local words = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, {
  vocabulary = words.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local trials = study.trials.open("entanglement", { model = model.fingerprint, judge = judge.identity, version = 2 })
if #sets == 0 then sets = study.draws.sets(words.nouns, 2, n, 1) end
print(("%s, judged by %s; %d nouns (%s), %d pairs, %d seeds"):format(
  model.name, judge.name, #words.nouns, words.source, #sets, seeds))

-- %% [markdown]
-- ## What is to be found out
--
-- Effects are log odds per standard deviation; an odds ratio of 1.35, log odds of 0.3, is the least that would be worth speaking
-- of. A noun may be lost for no reason: what a second noun does counts beyond what other words for the same noun alone, and
-- another seed, do. Every observation is of a pair of nouns, and those that share a noun are not independent: intervals are drawn
-- over nouns.

-- %%
local plan = study.plan{
  unit = "nouns",
  primary = { name = "coarse likeness (low-pass SSIM) helps to finish B", smallest = 0.3, paper = "yes" },
  secondary = {
    { name = "likeness by CLIP helps to finish B", smallest = 0.3, paper = "yes" },
    {
      name = "lost beside another noun less in other words (share)", smallest = 0.02, paper = "no control", digits = 3,
    },
    {
      name = "lost beside another noun less from another seed (share)", smallest = 0.02, paper = "no control",
      digits = 3,
    },
    { name = "early overlap of the maps goes with loss", smallest = 0.3, paper = "yes" },
    { name = "coarse likeness goes with loss", smallest = 0.3, paper = "yes" },
    { name = "likeness by CLIP goes with loss", smallest = 0.3, paper = "yes" },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Overlap of the maps over the steps
--
-- Σ min(p, q) of the two nouns' maps, each lowered to a minimum of 0 and scaled to a sum of 1: 0 when they lie apart, 1 when they
-- are the same. One line for the pictures that show both nouns, one for those that lost at least one; bands are bootstrap
-- intervals over pictures. If entanglement is settled early, the lines part early.

-- %%
local results = entanglement.pairs(model, {
  pairs = sets, seeds = study.draws.seeds(seeds), steps = steps, guidance = guidance, judge = judge,
  clip = judge.clip or model.clip, trials = trials,
})

local both, lost = {}, {}
for _, trial in ipairs(results) do
  table.insert(trial.present[1] and trial.present[2] and both or lost, trial)
end
print(("%d pictures show both nouns, %d do not"):format(#both, #lost))
local parts = #results[1].overlap
local function band(list, label)
  local series = { x = {}, y = {}, low = {}, high = {}, label = label }
  for part = 1, parts do
    local values = {}
    for i, trial in ipairs(list) do values[i] = trial.overlap[part] end
    local found = report.mean(values)
    if found then
      series.x[part] = (part - 0.5) * steps / parts
      series.y[part], series.low[part], series.high[part] =
        found.estimate, found.low or found.estimate, found.high or found.estimate
    end
  end
  return series
end
local series = {}
if #both > 0 then series[#series + 1] = band(both, "both drawn") end
if #lost > 0 then series[#series + 1] = band(lost, "one or both lost") end
lunette.display(plot.line{
  series = series, title = "Overlap of the two nouns' maps", x_label = "step", y_label = "overlap",
})

-- %% [markdown]
-- ## How often both are drawn
--
-- Where the captions of the training are known, some pairs of nouns never met in them: what a model does with those is no memory.

-- %%
local groups = { { "all pairs", results } }
if words.world then
  local met, never = { "pairs that met in training", {} }, { "pairs that never met", {} }
  for _, trial in ipairs(results) do
    local group = study.words.met(words.world, trial.nouns[1], trial.nouns[2]) and met or never
    table.insert(group[2], trial)
  end
  groups[2], groups[3] = met, never
end
local drawn_rows = {}
for _, group in ipairs(groups) do
  local complete, whole, units = {}, {}, {}
  for i, trial in ipairs(group[2]) do
    complete[i], whole[i] = trial.present[1] and trial.present[2], trial.alone[1] and trial.alone[2]
    units[i] = trial.nouns
  end
  drawn_rows[#drawn_rows + 1] = {
    group[1], #group[2], report.interval(estimate.share(complete, units)),
    report.interval(estimate.share(whole, units)), judge.name,
  }
end
lunette.display(lunette.table(drawn_rows, {
  columns = { "pairs", "trials", "both in one picture [95 %]", "both, each alone [95 %]", "judge" },
}))

-- the judge's error carried on
local complete, pair_of = {}, {}
for i, trial in ipairs(results) do
  complete[i], pair_of[i] = trial.present[1] and trial.present[2], trial.nouns
end
local labelled, unlabelled = study.labelled(model, judge, 2)
print(("both drawn, put right by the pictures that were labelled by eye: %s"):format(
  report.interval(labelled and estimate.corrected(labelled, complete, pair_of), unlabelled)))

-- %% [markdown]
-- ## Lost beside another noun, and lost for no reason
--
-- Of every noun that is drawn alone: how often is it gone, from the same noise, beside the other one, alone in other words ("a
-- picture of …"), and alone from another seed?

-- %%
local alone = entanglement.alone(model, {
  pairs = sets, seeds = study.draws.seeds(seeds), steps = steps, guidance = guidance, judge = judge, trials = trials,
})
local losses = { beside = {}, wording = {}, seed = {} }
local loss_units = {}
for i, row in ipairs(entanglement.losses(results, alone)) do
  loss_units[i] = row.unit
  for name, values in pairs(losses) do values[i] = row[name] end
end
local loss_row = { #loss_units }
for i, name in ipairs{ "beside", "wording", "seed" } do
  local found, reason = estimate.mean(losses[name], loss_units)
  loss_row[i + 1] = report.interval(found, reason, 3)
end
loss_row[5] = judge.name
lunette.display(lunette.table({ loss_row }, {
  columns = { "nouns", "lost beside another [95 %]", "alone, in other words", "alone, from another seed", "judge" },
}))
for _, line in ipairs{ { "in other words", "wording" }, { "from another seed", "seed" } } do
  plan:answer(("lost beside another noun less %s (share)"):format(line[1]), function(opts)
    return estimate.paired(losses.beside, losses[line[2]], loss_units, opts)
  end)
end

-- %% [markdown]
-- ## Finishing B from A's step k
--
-- A's latents at step k are handed to prompt B. Each cell: of the trials in which B is drawn when it starts from noise (k = 1), how
-- many still become B. The later k, the more of A's plan is kept. Beside it the null: B from its own picture in other words. The
-- heat map has ordered pairs as rows: entangled pairs
-- stay bright far to the right.

-- %%
local few = study.draws.sets(words.nouns, math.min(continued, #words.nouns), 1, 2)[1]
local entries, seen = {}, {}
for i = 0, 6 do
  local entry = 1 + (i * (steps - 1)) // 7
  if not seen[entry] then entries[#entries + 1], seen[entry] = entry, true end
end
local continuations = entanglement.continue(model, {
  nouns = few, seeds = study.draws.seeds(continued_seeds), entries = entries, steps = steps, guidance = guidance,
  judge = judge, clip = judge.clip or model.clip, trials = trials,
})
local overall = entanglement.success(continuations, entries)
local of_itself = entanglement.success(entanglement.of_itself(model, {
  nouns = few, seeds = study.draws.seeds(continued_seeds), entries = entries, steps = steps, guidance = guidance,
  judge = judge, trials = trials,
}), entries)
print(report.caveat(overall[1].n, #continuations, "continuations, those whose B is drawn from noise,"))

local rows, names, shares = {}, {}, {}
for i, entry in ipairs(entries) do
  names[i] = ("k = %d"):format(entry)
  shares[i] = report.share(overall[i].successes, overall[i].n) or false
  rows[i] = {
    entry, overall[i].n, report.interval(report.share(overall[i].successes, overall[i].n)),
    report.interval(report.share(of_itself[i].successes, of_itself[i].n)), judge.name,
  }
end
lunette.display(report.bars(names, shares, {
  title = "B is drawn when it takes over at step k", y_label = "share of trials", y_range = { 0, 1 },
}))
lunette.display(lunette.table(rows, {
  columns = { "k", "trials", "becomes B [95 %]", "from its own other wording", "judge" },
}))

local z, row_names = {}, {}
for _, from in ipairs(few) do
  for _, to in ipairs(few) do
    local found = entanglement.success(continuations, entries, from, to)
    if from ~= to and found[1].n > 0 then
      row_names[#row_names + 1] = ("%s → %s"):format(from, to)
      z[#z + 1] = {}
      for i, cell in ipairs(found) do z[#z][i] = cell.successes / cell.n end
    end
  end
end
if #z > 0 then
  lunette.display(plot.heatmap{
    z = z, x = names, y = row_names, range = { 0, 1 }, title = "Becomes B, by ordered pair",
    height = 120 + 20 * #z,
  })
end

-- %% [markdown]
-- ### Does likeness help?
--
-- The paper's case is a feather that is begun as a salmon. Of the same trials: does B come about more often, at a given step, where
-- A alone and B alone look alike (low-pass SSIM, CLIP)? A logistic regression over trials and steps k > 1, with predictors scaled
-- to a standard deviation of 1; standard errors know that those of one pair are alike. Two nulls stand beside it: the likeness of
-- the same nouns in other words, and from another seed (as large a coefficient there says that it is the nouns that are alike, not
-- these pictures); and a permutation of the nouns in the likenesses, all pairs of a noun together.

-- %%
local on_likeness, becomes, pair_names = entanglement.observations(continuations, entries)
local function fitted(predictors, answers, of, level) return study.regression(predictors, answers, of, level) end
local found_b, fit_b = fitted(on_likeness, becomes, pair_names)
local function answered(name, predictor, predictors, answers, of)
  plan:answer(name, function(opts)
    local yes = 0
    for _, answer in ipairs(answers) do yes = yes + (answer and 1 or 0) end
    local rarer = math.min(yes, #answers - yes)
    if rarer < 10 then return nil, ("%d of the rarer outcome are too few"):format(rarer) end
    local list, reason = fitted(predictors, answers, of, opts.level)
    for _, c in ipairs(list or {}) do
      if c.name == predictor then return c end
    end
    return nil, list and "not measured" or reason
  end)
end
answered("coarse likeness (low-pass SSIM) helps to finish B", "coarse", on_likeness, becomes, pair_names)
answered("likeness by CLIP helps to finish B", "clip", on_likeness, becomes, pair_names)
local function coefficients(found, reason, observations)
  if not found then
    print(("regression: – (%s)"):format(reason))
    return
  end
  local lines = {}
  for i, c in ipairs(found) do lines[i] = { c.name, report.interval(c), report.p(c.p), observations, judge.name } end
  lunette.display(lunette.table(lines, {
    columns = { "predictor", "log odds per sd [95 %]", "p (Holm)", "observations", "judge" },
  }))
end
coefficients(found_b, fit_b, #becomes)

local null_likeness = entanglement.likeness(model, {
  nouns = few, seeds = study.draws.seeds(continued_seeds), steps = steps, guidance = guidance,
  clip = judge.clip or model.clip, trials = trials,
})
local null_rows = {}
for _, line in ipairs{ { "coarse", "low-pass SSIM" }, { "clip", "CLIP" } } do
  local row = { line[2] }
  for _, null in ipairs{ false, "wording", "seed" } do
    local x, y, of = entanglement.observations(continuations, entries, null and function(trial)
      return null_likeness(null, trial)
    end)
    local list, reason = fitted(x, y, of)
    local one
    for _, c in ipairs(list or {}) do one = c.name == line[1] and c or one end
    row[#row + 1] = report.interval(one, list and "not measured" or reason)
  end
  local moved, unmoved = entanglement.permuted(continuations, entries, line[1], 499)
  row[#row + 1] = moved and report.p(moved.p) or ("– (%s)"):format(unmoved)
  null_rows[#null_rows + 1] = row
end
lunette.display(lunette.table(null_rows, {
  columns = {
    "likeness by", "of these pictures [95 %]", "in other words", "from another seed", "p of permuting nouns",
  },
}))

-- %% [markdown]
-- ## What predicts that a noun is lost?
--
-- Of the pairs whose nouns are both drawn *alone* from the same noise (else nothing could be lost), is one lost in "X and Y"? A
-- logistic regression on four things known before the picture of both is finished: overlap of the maps in the first third of the
-- run, likeness of the two pictures alone (low-pass SSIM, CLIP), likeness of the two words in the text encoder. Predictors are
-- scaled to a standard deviation of 1, so that coefficients can be compared; a positive one means *more often lost*. Standard
-- errors know that trials of one pair are alike; p values are Holm's. Single correlations stand beside it, as predictors share
-- what they say.

-- %%
local valid = {}
for _, trial in ipairs(results) do
  if trial.alone[1] and trial.alone[2] then valid[#valid + 1] = trial end
end
print(report.caveat(#valid, #results, "trials, those whose nouns are both drawn alone,"))

local columns, outcome, clusters = { overlap = {}, coarse = {}, clip = {}, text = {} }, {}, {}
for i, trial in ipairs(valid) do
  local early = math.max(1, parts // 3)
  local sum = 0
  for part = 1, early do sum = sum + trial.overlap[part] end
  columns.overlap[i], columns.coarse[i], columns.text[i] = sum / early, trial.coarse, trial.text
  columns.clip[i] = trial.clip
  outcome[i] = not (trial.present[1] and trial.present[2])
  clusters[i] = trial.nouns
end
if #columns.clip < #valid then columns.clip = nil end
local found_lost, fit_lost = fitted(columns, outcome, clusters)
answered("early overlap of the maps goes with loss", "overlap", columns, outcome, clusters)
answered("coarse likeness goes with loss", "coarse", columns, outcome, clusters)
answered("likeness by CLIP goes with loss", "clip", columns, outcome, clusters)
coefficients(found_lost, fit_lost, #valid)
if found_lost then print(("McFadden's pseudo R² = %s"):format(report.number(fit_lost.pseudo_r_squared, 3))) end

local lost_number, singles = {}, {}
for i, yes in ipairs(outcome) do lost_number[i] = yes and 1 or 0 end
for name, values in lunette.spairs(columns) do
  local found, reason = attempt(stats.spearman, values, lost_number)
  singles[#singles + 1] = { name, report.interval(found, reason) }
end
lunette.display(lunette.table(singles, { columns = { "predictor", "Spearman with being lost [95 %]" } }))

-- %% [markdown]
-- ## Findings
--
-- Fewer than ten trials of the rarer outcome are too few to be asked.

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - A *verdict* asks whether the whole interval is on the paper's side and may matter (agrees), on the other side or short of what
--   matters (disagrees), too small to matter either way, or none of these (open).
-- - The paper's claim is that overlap and coarse likeness go with loss: coefficients whose intervals lie above 0.
-- - A finding needs valid trials of both kinds; how many there are stands above each result.
-- - Overlap in the same run is not a cause: a picture that draws one thing has both words look at it.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
