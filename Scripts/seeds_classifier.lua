-- %% [markdown]
-- # Can a picture's seed be told from the picture?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) train a classifier that names the seed among 1,024 in 99.99% of new
-- pictures. Here one of so many seeds, by a small network that is trained in this script on our gradients, with
-- **nouns that it has never seen** in the test. Beside it: the nearest mean of 8 × 8 pixels and of CLIP's vectors, a
-- network whose training labels were shuffled within each prompt, one that sees the border of the picture only, and one
-- that does not see the background.
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
local epochs = 10
local held_out = 8

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
-- The claim is that the seed can be told from the picture. The primary outcome is the share of test pictures whose seed
-- the network names, less that of a network that was trained on shuffled labels; one in twenty is the least that would
-- matter. The paper's share is of all pictures, near 1; whether it is above a half here is asked as well. Intervals are
-- drawn over the nouns of the test.

-- %%
local plan = study.plan{
  unit = "nouns of the test",
  primary = { name = "right less shuffled labels", smallest = 0.05, paper = "0.9999 of 1,024 seeds", digits = 3 },
  secondary = {
    { name = "right", null = 0.5, smallest = 0.05, paper = "0.9999", claim = "more than half", digits = 3 },
    { name = "border alone less shuffled labels", smallest = 0.05, paper = "–", digits = 3 },
    { name = "background masked less shuffled labels", smallest = 0.05, paper = "–", digits = 3 },
    { name = "right less nearest mean of 8 × 8 pixels", smallest = 0.05, side = "either", paper = "–", digits = 3 },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## The pictures

-- %%
local t = lunette.tensor
local test_count = math.max(1, math.min(held_out, #grid.prompts // 4))
local train, test = {}, {}
for p, prompt in ipairs(grid.prompts) do
  -- a shuffle of the labels within each prompt, for the null
  local order = lab.nulls.order(#grid.seeds, p)
  for label, seed in ipairs(grid.seeds) do
    local row = grid:at(prompt, seed)
    local pixels = assert(lunette.image.open(row.image)):rgb():tensor():permute{ 3, 1, 2 }:contiguous()
    table.insert(p <= test_count and test or train, {
      pixels = pixels, label = label, shuffled = order[label], small = row.small, clip = row.clip, prompt = prompt,
    })
  end
end
print(("%d pictures of %d nouns to train on, %d of %d other nouns to test"):format(
  #train, #grid.prompts - test_count, #test, test_count))

-- %% [markdown]
-- ## Training

-- %%
local curve = {}
local function as(list, change)
  local new = {}
  for i, one in ipairs(list) do new[i] = change(one) end
  return new
end
local function trained(list, keep)
  return lab.classifier.train(list, #grid.seeds, {
    epochs = epochs, seed = 1, on_epoch = function(epoch, loss) if keep then curve[epoch] = loss end end,
  })
end
local started = lunette.clock()
local network = trained(train, true)
local seconds = lunette.clock() - started
print(("%d epochs; the loss went from %.2f to %.2f (chance: %.2f)"):format(
  epochs, curve[1], curve[#curve], math.log(#grid.seeds)))
lunette.display(lunette.plot.line{ y = curve, title = "Loss by epoch", x_label = "epoch", y_label = "cross entropy" })

-- %% [markdown]
-- ## On nouns that were never seen

-- %%
local size = train[1].pixels:size(2)
local margin = math.max(1, size // 8)
local frame = t.ones{ 3, size, size }
frame[{ {}, { margin + 1, size - margin }, { margin + 1, size - margin } }] = 0
local function framed(one) return { pixels = one.pixels * frame, label = one.label } end
-- grey wherever the picture is near the mean colour of its border
local function without_background(one)
  local border = (one.pixels * frame):sum({ 2, 3 }, { keepdim = true }) / frame[1]:sum():item()
  local mask = (one.pixels - border):abs():sum(1, { keepdim = true }):gt(0.3)
  return { pixels = one.pixels * mask + (mask * -1 + 1) * 0.5, label = one.label }
end
local function relabelled(one) return { pixels = one.pixels, label = one.shuffled } end
local labels, units = as(test, function(one) return one.label end), as(test, function(one) return one.prompt end)
local guessed = {
  { "network", lab.classifier.guesses(network, test) },
  { "border alone", lab.classifier.guesses(trained(as(train, framed)), as(test, framed)) },
  {
    "background masked",
    lab.classifier.guesses(trained(as(train, without_background)), as(test, without_background)),
  },
  { "shuffled labels", lab.classifier.guesses(trained(as(train, relabelled)), test) },
}
for _, field in ipairs{ "small", "clip" } do
  if train[1][field] then
    local function vectors(one) return { vector = one[field], label = one.label } end
    guessed[#guessed + 1] = {
      ("nearest mean of %s"):format(field == "small" and "8 × 8 pixels" or "CLIP's vectors"),
      lab.classifier.nearest_mean(as(train, vectors), as(test, vectors), #grid.seeds),
    }
  end
end
local rows, right = {}, {}
for i, one in ipairs(guessed) do
  local answers, count = lab.classifier.right(one[2], labels)
  right[one[1]] = answers
  local null = lab.classifier.by_chance(one[2], labels, units, 200)
  local chance = lab.nulls.range(null)
  rows[i] = {
    one[1], count, #test, report.interval(study.estimate.share(answers, units), nil, 3),
    ("%.0f to %.0f"):format(chance.low, chance.high), report.p(lab.nulls.p(count, null)),
  }
end
rows[#rows + 1] = { "published, 1,024 seeds, nouns shared", "–", "–", "0.9999", "–", "–" }
lunette.display(lunette.table(rows, {
  columns = { "who", "right", "of", "share [95 %, over nouns]", "right by chance [95 %]", "p" },
}))
if seconds > 0 then print(("training took %.0f s"):format(seconds)) end

-- %% [markdown]
-- ## Findings

-- %%
local function less(one, other)
  return function(opts) return study.estimate.paired(right[one], right[other], units, opts) end
end
plan:answer("right less shuffled labels", less("network", "shuffled labels"))
plan:answer("right", function(opts) return study.estimate.share(right.network, units, opts) end)
plan:answer("border alone less shuffled labels", less("border alone", "shuffled labels"))
plan:answer("background masked less shuffled labels", less("background masked", "shuffled labels"))
plan:answer("right less nearest mean of 8 × 8 pixels", less("network", "nearest mean of 8 × 8 pixels"))
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - Above chance and above the shuffled labels: something of the picture is the seed's whatever is drawn.
-- - *By chance* shuffles the seeds of each test noun's pictures, 200 times: what these guesses would have hit.
-- - The paper's 1,024 seeds have 9,000 pictures each to train on, of the same prompts as the test's.
