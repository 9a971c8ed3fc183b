-- %% [markdown]
-- # Does the order of the nouns decide who is drawn?
--
-- "a cat and a pistol" and "a pistol and a cat" ask for the same picture. Du et al. (*Stable Diffusion is Unstable*, NeurIPS 2023)
-- found that the order of such nouns changes which of them is drawn at all. Here the same nouns are drawn in **every order from
-- the same noise**, so that whatever differs between the pictures of one row comes from the order alone.
--
-- Trials are kept as JSON lines in the output folder: a run that was interrupted goes on where it was, and a larger `n` only adds
-- to what is there. `--set n=300` for more sets, `--set size=3` for three nouns (six orders), `--set 'nouns={"cat", "clogs",
-- "pistol"}'` for your own, `--set 'sets={{"cat", "clogs", "pistol"}}'` for exactly these, `--model DIRECTORY` for another model,
-- `--set clip=DIRECTORY` for a CLIP that judges its pictures.

-- %% tags=["parameters"]
local n = 100
local size = 2
local seeds = 4
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
local report, attempt, analysis = study.report, study.attempt, word_order.analysis

local model = assert(lunette.load())
local words = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, {
  vocabulary = words.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local vision = judge.clip or model.clip
if #sets > 0 then size = #sets[1] else sets = study.draws.sets(words.nouns, size, n, 1) end
local seed_list = study.draws.seeds(seeds)
local trials = study.trials.open("word_order", { model = model.fingerprint, judge = judge.identity, version = 1 })

print(("%s, judged by %s; %d nouns (%s), %d sets of %d, %d seeds"):format(
  model.name, judge.name, #words.nouns, words.source, #sets, size, seeds))

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
local shown = {}
for count = 0, size do shown[count] = 0 end
local drawn = 0
for _, trial in ipairs(results) do
  for _, one in ipairs(trial.drawn) do
    local count = 0
    for _, seen in ipairs(one.seen) do count = count + (seen.present and 1 or 0) end
    shown[count], drawn = shown[count] + 1, drawn + 1
  end
end
local rows = {}
for count = 0, size do
  rows[#rows + 1] = { count, shown[count], report.interval(report.share(shown[count], drawn)), judge.name }
end
lunette.display(lunette.table(rows, { columns = { "nouns drawn", "pictures", "share [95 %]", "judge" } }))
print(report.caveat(drawn - shown[0], drawn, "pictures, those with at least one noun,"))

-- %% [markdown]
-- ## Who is lost at which position?
--
-- The share of pictures that show the noun at each position of the prompt. As every set is drawn in every order, each noun stands
-- at each position equally often: which nouns are hard to draw cannot make a difference between the bars. Bars carry Wilson's
-- interval; the test exchanges first and last position within each trial (one set, one seed). The figure to hold against the paper:
-- it reports that which noun disappears depends on the order, and gives no rate for it.

-- %%
local presence = analysis.presence(results, size)
local names, shares = {}, {}
for position = 1, size do
  names[position] = ("position %d"):format(position)
  shares[position] = report.share(presence[position].successes, presence[position].n)
end
lunette.display(report.bars(names, shares, {
  title = "Presence by position", y_label = "share of pictures", y_range = { 0, 1 },
}))

local test = stats.permutation_test(
  analysis.presence_by_trial(results, 1), analysis.presence_by_trial(results, size), { paired = true })
local by_set = {}
for i = 1, #results do
  local set = (i - 1) // seeds + 1
  by_set[set] = by_set[set] or {}
  table.insert(by_set[set], analysis.presence_by_trial({ results[i] }, 1)[1]
    - analysis.presence_by_trial({ results[i] }, size)[1])
end
local difference, none = report.clustered_mean(by_set)
print(("first minus last: %s (bootstrap over sets), permutation p: %s"):format(
  report.interval(difference, none), report.p(test.p)))

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
-- ## How much the picture changes
--
-- Between two orders of one set from one noise: 1 − SSIM, 1 − SSIM of what is coarse (pixels averaged in blocks), and 1 − cosine
-- of CLIP's vectors. 0 would mean that order does not matter. Intervals draw trials anew.

-- %%
local changes = {}
for _, measure in ipairs{ { "1 − SSIM", "ssim" }, { "1 − coarse SSIM", "coarse" }, { "1 − CLIP", "clip" } } do
  local found, reason = report.clustered_mean(analysis.changes(results, measure[2]))
  changes[#changes + 1] = { measure[1], report.interval(found, reason, 3) }
end
lunette.display(lunette.table(changes, { columns = { "measure", "mean change [95 %]" } }))

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
-- The paper speaks of large models and of single prompts; here are rates. *Lost by moving back* is the share of the nouns drawn at
-- the first place that are gone when they stand at the last; *lost by moving forward* the other way round; were order without
-- effect on who is lost, the two would be the same.

-- %%
local back, forward = cells[1][size], cells[size][1]
local function lost(cell) return report.share(cell.n - cell.successes, cell.n) end
local imbalance = back.n > 0 and forward.n > 0
  and stats.risk_difference(back.n - back.successes, back.n, forward.n - forward.successes, forward.n) or nil
local effect
if difference and difference.low then
  effect = (difference.low > 0 or difference.high < 0) and "agrees" or "open"
end
lunette.display(report.findings{
  {
    question = "presence at the first place minus the last", paper = "depends on the order", found = difference,
    reason = none, verdict = effect or "empty",
  },
  {
    question = "lost by moving back", paper = "nouns vanish", found = lost(back),
    verdict = report.verdict(lost(back), 0),
  },
  {
    question = "lost by moving forward", paper = "nouns vanish", found = lost(forward),
    verdict = report.verdict(lost(forward), 0),
  },
  { question = "moving back minus forward", paper = "no rate given", found = imbalance, verdict = "–" },
  {
    question = "pictures with all nouns", paper = "no rate given", found = report.share(shown[size], drawn),
    verdict = "–",
  },
})

-- %% [markdown]
-- ## How to read this
--
-- - A *verdict* asks whether the whole interval is on the paper's side (agrees), on the other (disagrees), or neither (open).
-- - Wilson's intervals take pictures as independent, which those of one set are not; the difference between positions is drawn anew
--   set by set, and is the number to trust.
-- - A difference between positions counts where its interval leaves out 0; the number of pictures that show anything at all comes
--   first: a model that seldom draws two nouns says little about which of them it loses.
-- - The judge is named in every table. CLIP's zero-shot rule (a noun is there when it is among the *k* likeliest of the word list,
--   *k* nouns asked for) is coarse, does not refuse, and does not say where.
-- - Where things land mirrors the training captions; what order does beyond that is the finding.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
