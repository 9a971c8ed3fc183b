-- %% [markdown]
-- # How much guidance does it take?
--
-- A sweep: one function, measured for every item of a grid, and never twice. Stop this run and start it again, give it more seeds
-- or another weight: it measures what is missing ([sweeps](../sweeps.md)).
--
-- The judge of the built-in model says which of the two objects a picture shows.

-- %% tags=["parameters"]
local steps = 20
local count = 8
local prompt = "a cat and a pistol"

-- %%
local lunette = require "lunette"
local stats = lunette.stats
local judge = require "emoji-world.judge"
local model = assert(lunette.load())
local sweep = lunette.sweep{
  name = "guidance", items = { guidance = { 1, 2, 4, 7.5, 12 }, seed = { 1, count } },
  each = function(item)
    local out = model:generate{ prompt = prompt, seed = item.seed, guidance = item.guidance, steps = steps }
    local objects = judge(out.image)
    return { image = out.image, cat = judge.has(objects, "cat"), pistol = judge.has(objects, "pistol") }
  end,
}

-- %%
local both = {}
for row in sweep:rows() do
  local found = both[row.guidance] or { yes = 0, n = 0 }
  both[row.guidance] = { yes = found.yes + (row.cat and row.pistol and 1 or 0), n = found.n + 1 }
end
local rows, x, y, low, high = {}, {}, {}, {}, {}
for guidance, found in lunette.spairs(both) do
  local share = stats.wilson(found.yes, found.n)
  local both_of = ("%d of %d"):format(found.yes, found.n)
  rows[#rows + 1] = { guidance = guidance, both = both_of, low = share.low, high = share.high }
  x[#x + 1], y[#y + 1], low[#low + 1], high[#high + 1] = guidance, share.estimate, share.low, share.high
end
lunette.display(lunette.table(rows, { columns = { "guidance", "both", "low", "high" } }))
lunette.display(lunette.plot.line{
  x = x, y = y, low = low, high = high, markers = true, x_log = true, y_range = { 0, 1 },
  title = "both objects there", x_label = "guidance", y_label = "share of pictures" })

-- %% [markdown]
-- The pictures themselves, a row for each weight. The intervals are Wilson's, for one prompt: another prompt may need other
-- weights.

-- %%
lunette.display(sweep:sheet{ label = "guidance", columns = count })
