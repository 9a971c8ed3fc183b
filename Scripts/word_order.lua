-- %% [markdown]
-- # Does the order of the nouns decide who is drawn?
--
-- "a cat and a pistol" and "a pistol and a cat" ask for the same picture. Du et al. (*Stable Diffusion is Unstable*, NeurIPS 2023)
-- found that the order of such nouns changes which of them is drawn at all. Here the same nouns are drawn in **every order from
-- the same noise**, so that whatever differs between the pictures of one row comes from the order alone.
--
-- Trials are kept as JSON lines in the output folder: a run that was interrupted goes on where it was, and a larger `n` only adds
-- to what is there. `--set n=200` for more sets, `--set size=3` for three nouns (six orders), `--set 'nouns={"cat", "clogs",
-- "pistol"}'` for your own, `--set 'sets={{"cat", "clogs", "pistol"}}'` for exactly these, `--model DIRECTORY` for another model,
-- `--set clip=DIRECTORY` for a CLIP that judges its pictures.

-- %% tags=["parameters"]
local n = 60
local size = 2
local seeds = 3
local steps = 30
local guidance = 7.5
local nouns = {}
local sets = {}
local clip = ""
local judge_kind = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local word_order = require "word_order"
local image, plot, stats = lunette.image, lunette.plot, lunette.stats
local report, estimate, attempt, analysis = study.report, study.estimate, study.attempt, word_order.analysis

local model = assert(lunette.load())
local words = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, {
  vocabulary = words.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local vision = judge.clip or model.clip
if #sets > 0 then size = #sets[1] else sets = study.draws.sets(words.nouns, size, n, 1) end
local seed_list = study.draws.seeds(seeds)
local trials = study.trials.open("word_order", { model = model.fingerprint, judge = judge.identity, version = 2 })

print(("%s, judged by %s; %d nouns (%s), %d sets of %d, %d seeds"):format(
  model.name, judge.name, #words.nouns, words.source, #sets, size, seeds))

-- %% [markdown]
-- ## What is to be found out
--
-- Order changes a picture. So does saying the same thing in other words ("a picture of …", "next to"), and so does another seed.
-- The question is what order does *beyond rewording*; it is declared before anything is measured, with the smallest effect that
-- would be worth speaking of. Intervals are drawn over nouns: sets that share one go together.

-- %%
local plan = study.plan{
  unit = "nouns",
  primary = {
    name = "lost by another order less by rewording", smallest = 0.02, paper = "order decides who is drawn", digits = 3,
  },
  secondary = {
    {
      name = "presence at the first place minus the last", smallest = 0.02, side = "either",
      paper = "depends on the order", digits = 3,
    },
    { name = "lost by another order less by another seed", smallest = 0.02, side = "either", paper = "–", digits = 3 },
    { name = "1 − SSIM, another order less rewording", smallest = 0.05, paper = "the picture changes", digits = 3 },
    { name = "1 − SSIM, another order less another seed", smallest = 0.05, side = "either", paper = "–", digits = 3 },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Some sets, in every order
--
-- One row per set; in it every order from one noise, and of two nouns from a second one as well. Below each picture stands who the
-- judge found in it.

-- %%
local pictures, labels = {}, {}
local orders_of_one = #study.draws.permutations(sets[1])
local shown_seeds = orders_of_one == 2 and math.min(2, seeds) or 1
for i = 1, math.min(6, #sets) do
  local orders, prompts = study.draws.permutations(sets[i]), {}
  for k, order in ipairs(orders) do prompts[k] = study.words.joined(order) end
  for seed = 1, shown_seeds do
    local out = model:generate{ prompts = prompts, seed = seed, steps = steps, guidance = guidance }
    for k, picture in ipairs(out.images) do
      local found = {}
      for position, seen in ipairs(judge:presence(picture, orders[k])) do
        if seen.present then found[#found + 1] = orders[k][position] end
      end
      pictures[#pictures + 1] = picture:resize(192, 192 * picture:size(2) // picture:size(1), "nearest")
      labels[#labels + 1] = ("%s: %s"):format(
        table.concat(orders[k], ", "), #found > 0 and table.concat(found, " + ") or "none")
    end
  end
end
lunette.display(image.grid(pictures, { columns = orders_of_one * shown_seeds, labels = labels }))

-- %% [markdown]
-- ## All trials

-- %%
local results = word_order.measure(model, {
  sets = sets, seeds = seed_list, steps = steps, guidance = guidance, judge = judge, clip = vision, trials = trials,
})

-- how many pictures show none, one, … all of their nouns
local shown, counts, units = {}, {}, {}
for count = 0, size do shown[count] = 0 end
for _, trial in ipairs(results) do
  for _, one in ipairs(trial.drawn) do
    local count = 0
    for _, seen in ipairs(one.seen) do count = count + (seen.present and 1 or 0) end
    shown[count] = shown[count] + 1
    counts[#counts + 1], units[#units + 1] = count, analysis.unit(trial.drawn[1].order)
  end
end
local drawn = #counts
local rows = {}
for count = 0, size do
  local answers = {}
  for i, one in ipairs(counts) do answers[i] = one == count end
  rows[#rows + 1] = { count, shown[count], report.interval(estimate.share(answers, units)), judge.name }
end
lunette.display(lunette.table(rows, { columns = { "nouns drawn", "pictures", "share [95 %, over nouns]", "judge" } }))
print(report.caveat(drawn - shown[0], drawn, "pictures, those with at least one noun,"))

-- the judge's error carried on
local complete_in = {}
for i, one in ipairs(counts) do complete_in[i] = one == size end
local labelled, unlabelled = study.labelled(model, judge, size)
print(("all nouns drawn, put right by the pictures that were labelled by eye: %s"):format(
  report.interval(labelled and estimate.corrected(labelled, complete_in, units), unlabelled)))

-- %% [markdown]
-- ## Who is lost at which position?
--
-- The share of pictures that show the noun at each position of the prompt. As every set is drawn in every order, each noun stands
-- at each position equally often: which nouns are hard to draw cannot make a difference between the bars. The test exchanges first
-- and last position of whole sets, all their seeds together. The figure to hold against the paper:
-- it reports that which noun disappears depends on the order, and gives no rate for it.

-- %%
local units_of = {}
for i, trial in ipairs(results) do units_of[i] = analysis.unit(trial.drawn[1].order) end
local names, shares = {}, {}
for position = 1, size do
  local answers, of = {}, {}
  for i, trial in ipairs(results) do
    for _, one in ipairs(trial.drawn) do
      answers[#answers + 1], of[#of + 1] = one.seen[position].present, units_of[i]
    end
  end
  names[position] = ("position %d"):format(position)
  shares[position] = estimate.share(answers, of) or false
end
lunette.display(report.bars(names, shares, {
  title = "Presence by position", y_label = "share of pictures", y_range = { 0, 1 },
}))

local at_first, at_last = analysis.presence_by_trial(results, 1), analysis.presence_by_trial(results, size)
local set_of = {}
for i = 1, #results do set_of[i] = (i - 1) // seeds end
local test, untested = attempt(stats.permutation_test, at_first, at_last, { paired = true, clusters = set_of })
local difference, none = plan:answer("presence at the first place minus the last", function(opts)
  return estimate.paired(at_first, at_last, units_of, opts)
end)
print(("first minus last: %s (over nouns), p of exchanging whole sets: %s"):format(
  report.interval(difference, none, 3), test and report.p(test.p) or untested))

-- %% [markdown]
-- ## What moving a noun does
--
-- Of the nouns that are drawn when they stand at position *i*, how many are still drawn, from the same noise, when they stand at
-- position *j*? On the diagonal the noun keeps its place and only the others move (which takes three nouns). A row that falls
-- towards the right says that nouns are lost by moving back.

-- %%
local cells = analysis.transitions(results, size)
local z, table_rows = {}, {}
for i = 1, size do
  z[i] = {}
  for j = 1, size do
    local cell = cells[i][j]
    z[i][j] = cell.n > 0 and cell.successes / cell.n or 0 / 0
    if i ~= j or size > 2 then
      table_rows[#table_rows + 1] = { i, j, cell.n, report.interval(report.share(cell.successes, cell.n)), judge.name }
    end
  end
end
lunette.display(plot.heatmap{
  z = z, x = names, y = names, range = { 0, 1 }, values = true, title = "Still drawn (rows: from, columns: to)",
})
lunette.display(lunette.table(table_rows, { columns = { "from", "to", "nouns", "still drawn [95 %]", "judge" } }))

-- %% [markdown]
-- ## Where each position lands
--
-- In pictures that show all nouns: how often does the noun at each position of the prompt stand first, second … from the left?
-- A model repeats what it was taught: where the captions of its training are known, their habit is named below, and it is what
-- the matrix must be held against.

-- %%
local canvas, complete = analysis.canvas(results, size)
if not judge.locates then
  print(("%s does not say where things are."):format(judge.name))
else
  print(report.caveat(complete, drawn, "pictures, those with all nouns,"))
end
if complete > 0 then
  local places, ranks, landing = {}, {}, {}
  for i = 1, size do
    ranks[i], places[i] = ("%d. from the left"):format(i), {}
    for j = 1, size do
      local cell = canvas[i][j]
      places[i][j] = cell.successes / cell.n
      landing[#landing + 1] = { i, j, cell.n, report.interval(report.share(cell.successes, cell.n)), judge.name }
    end
  end
  lunette.display(plot.heatmap{
    z = places, x = ranks, y = names, range = { 0, 1 }, values = true,
    title = "Place on the canvas by position in the prompt",
  })
  lunette.display(lunette.table(landing, {
    columns = { "position", "from the left", "pictures", "share [95 %]", "judge" },
  }))
end
if words.world then
  local taught = words.world.relations["and"]
  print(("In training, the first noun of \"X and Y\" stood on the %s in %g %% of the pictures."):format(
    taught.first, 100 * taught.certainty))
end

-- %% [markdown]
-- ## What order does beyond rewording and another seed
--
-- Of every noun that is drawn in a set's first order: how often is it gone, from the same noise, in the other order, in other
-- words, and from another seed? And how far is the picture from the first one: 1 − SSIM, 1 − SSIM of what is coarse (pixels
-- averaged in blocks), 1 − cosine of CLIP's vectors.

-- %%
local null_rows = {}
local function nulls_of(name, rows_)
  local line = { name }
  for _, which in ipairs{ "order", "wording", "seed" } do
    local values, of = analysis.column(rows_, which)
    local found, reason = estimate.mean(values, of)
    line[#line + 1] = report.interval(found, reason, 3)
  end
  null_rows[#null_rows + 1] = line
end
local function less(rows_, than)
  return function(opts)
    local values, of = analysis.column(rows_, "order")
    return estimate.paired(values, (analysis.column(rows_, than)), of, opts)
  end
end
local losses = analysis.losses(results)
nulls_of("nouns lost", losses)
local apart = {}
for _, measure in ipairs{ { "1 − SSIM", "ssim" }, { "1 − coarse SSIM", "coarse" }, { "1 − CLIP", "clip" } } do
  apart[measure[2]] = analysis.distances(results, measure[2])
  nulls_of(measure[1], apart[measure[2]])
end
lunette.display(lunette.table(null_rows, { columns = { "measure", "another order [95 %]", "other words",
  "another seed" } }))
plan:answer("lost by another order less by rewording", less(losses, "wording"))
plan:answer("lost by another order less by another seed", less(losses, "seed"))
plan:answer("1 − SSIM, another order less rewording", less(apart.ssim, "wording"))
plan:answer("1 − SSIM, another order less another seed", less(apart.ssim, "seed"))

-- %% [markdown]
-- ## What each position attends to
--
-- The maps of the nouns by position (`daam`): mass is the share of attention that a noun gets per step, area the share of the
-- picture above 0.4 of its maximum, x its centre from the left. The last line is how much two nouns' maps lie on each other
-- (0 apart, 1 the same).

-- %%
local map_rows = {}
for position = 1, size do
  local row = { names[position] }
  for _, field in ipairs{ "mass", "area", "x" } do
    local found, reason = report.clustered_mean(analysis.maps(results, position, field))
    row[#row + 1] = report.interval(found, reason, 3)
  end
  map_rows[position] = row
end
lunette.display(lunette.table(map_rows, { columns = { "position", "mass [95 %]", "area [95 %]", "x [95 %]" } }))

local overlaps, complete_overlap, partial_overlap = {}, {}, {}
for i, trial in ipairs(results) do
  overlaps[i] = {}
  for _, one in ipairs(trial.drawn) do
    table.insert(overlaps[i], one.overlap)
    local all = true
    for _, seen in ipairs(one.seen) do all = all and seen.present end
    table.insert(all and complete_overlap or partial_overlap, one.overlap)
  end
end
print(("overlap of the nouns' maps: %s"):format(report.interval(report.clustered_mean(overlaps))))
local ranked, why = attempt(stats.mann_whitney, complete_overlap, partial_overlap)
print(("overlap where all nouns are drawn against where some are lost, as if pictures were independent:\n  %s"):format(
  ranked and ("Cliff's delta %s, p: %s"):format(report.number(ranked.cliffs_delta), report.p(ranked.p))
  or ("– (%s)"):format(why)))

-- %% [markdown]
-- ## What the text encoder makes of it
--
-- How far the first noun's row moves in the text encoder, layer by layer, when it goes from the first place to the last
-- (1 − cosine). A bag of words would stay at 0; a causal encoder lets a word see what stands before it and nothing behind it.

-- %%
local per_layer = {}
for _, set in ipairs(sets) do
  local reversed = {}
  for i = 1, size do reversed[i] = set[size + 1 - i] end
  local a, b = study.words.joined(set), study.words.joined(reversed)
  local distances = word_order.text.distances(
    word_order.text.layers(model, a), word_order.text.layers(model, b),
    study.words.row(model:tokenize(a), set[1]), study.words.row(model:tokenize(b), set[1]))
  for layer, distance in ipairs(distances) do
    per_layer[layer] = per_layer[layer] or {}
    table.insert(per_layer[layer], distance)
  end
end
local layer_names, layer_means = {}, {}
for layer, values in ipairs(per_layer) do
  layer_names[layer], layer_means[layer] = ("layer %d"):format(layer), report.mean(values)
end
lunette.display(report.bars(layer_names, layer_means, {
  title = "Change of a noun's row from first to last place", y_label = "1 − cosine",
}))

-- %% [markdown]
-- ## Findings
--
-- The paper speaks of large models and of single prompts, and has no control; here are rates, beside what rewording does.

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - A *verdict* asks whether the whole interval is on the paper's side and may matter (agrees), on the other side or short of what
--   matters (disagrees), too small to matter either way, or none of these (open).
-- - Intervals are drawn over nouns: they say what other nouns would give. Those of the matrices take pictures as independent.
-- - The number of pictures that show anything at all comes first: a model that seldom draws two nouns says little about which of
--   them it loses.
-- - The judge is named in every table. CLIP's zero-shot rule (a noun is there when it is among the *k* likeliest of the word list,
--   *k* nouns asked for) is coarse, does not refuse, and does not say where.
-- - Where things land mirrors the training captions; what order does beyond that is the finding.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
