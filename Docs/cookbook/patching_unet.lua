-- %% [markdown]
-- # When does the UNet hear the colour?
--
-- The outputs of cross-attention of a run with "a red car" are put into one with "a blue car", some steps and one block
-- at a time; the latents are measured on their way from blue (0) to red (1), over several seeds, with an interval.

-- %% tags=["parameters"]
local steps = 12
local seeds = { 1, 2, 3 }

-- %%
local lunette = require "lunette"
local probe = require "probe"
local model = assert(lunette.load())
local third = math.max(steps // 3, 1)
local groups = {}
for first = 1, steps, third do groups[#groups + 1] = { first, math.min(first + third - 1, steps) } end

-- %%
local sweep = probe.sweep{
  model = model, seeds = seeds, sites = { "unet.mid_block.**.attn2.out", "unet.up_blocks.1.**.attn2.out" },
  clean = { prompt = "a red car", steps = steps, scheduler = "ddim" },
  corrupted = { prompt = "a blue car", steps = steps, scheduler = "ddim" },
  over = { "site", "step" }, steps = groups, patch = { rows = "cond" },
}
lunette.display(sweep:plot{ title = "share of the way from blue to red" })
print(sweep:table())
