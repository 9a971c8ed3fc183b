-- %% [markdown]
-- # What four seeds have in common over two prompts

-- %%
local seeds = require "seeds"
local model = assert(lunette.load())
local prompts = { { prompt = "a cat", noun = "cat" }, { prompt = "a house", noun = "house" } }
local sweep = lunette.sweep(seeds.pictures.plan{
  model = model, clip = model.clip, prompts = prompts, seeds = 4, steps = 10, guidance = 7.5,
})
local grid = seeds.grid.of(sweep:rows())
lunette.display(sweep:sheet{ label = "seed", columns = 4 })
print(("share of the seed in x: %.2f"):format(seeds.variance.shares(grid:matrix "x").seed))
