-- %% [markdown]
-- # Can a picture's seed be told from the picture?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) train a classifier that names the seed among 1,024 in 99.99% of new
-- pictures. Here one of so many seeds, by a small network that is trained in this script on our gradients, with
-- **nouns that it has never seen** in the test. Beside it: the nearest mean of 8 × 8 pixels and of CLIP's vectors, a
-- network whose training labels were shuffled within each prompt, and one that sees the border of the picture only.
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
      pixels = pixels, label = label, shuffled = order[label], small = row.small, clip = row.clip,
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
local results = {
  { "network", lab.classifier.accuracy(network, test) },
  { "network that sees the border only",
    lab.classifier.accuracy(trained(as(train, framed)), as(test, framed)) },
  { "network, labels shuffled within each prompt", lab.classifier.accuracy(trained(as(train, function(one)
    return { pixels = one.pixels, label = one.shuffled }
  end)), test) },
}
for _, field in ipairs{ "small", "clip" } do
  if train[1][field] then
    local function vectors(one) return { vector = one[field], label = one.label } end
    results[#results + 1] = {
      ("nearest mean, %s"):format(field == "small" and "8 × 8 pixels" or "CLIP"),
      lab.classifier.nearest_mean(as(train, vectors), as(test, vectors), #grid.seeds),
    }
  end
end
local rows = {}
for i, one in ipairs(results) do
  rows[i] = { one[1], one[2], #test, report.interval(report.share(one[2], #test), nil, 3) }
end
rows[#rows + 1] = { "chance", "–", "–", report.number(1 / #grid.seeds, 3) }
rows[#rows + 1] = { "published, 1,024 seeds, nouns shared", "–", "–", "0.9999" }
lunette.display(lunette.table(rows, { columns = { "who", "right", "of", "share [95 %, Wilson]" } }))
if seconds > 0 then print(("training took %.0f s"):format(seconds)) end

-- %% [markdown]
-- ## How to read this
--
-- - Above chance and above the shuffled labels: something of the picture is the seed's whatever is drawn.
-- - Wilson's interval takes pictures as independent; those of one noun are not, so that it is too narrow where nouns
--   differ.
