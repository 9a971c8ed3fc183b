-- Which step and which head of the middle's cross-attention says what colour.
local lunette = require "lunette"
local probe = require "probe"
local model = assert(lunette.load())
local sweep = probe.sweep{
  model = model, seeds = { 1, 2 },
  clean = { prompt = "a red circle", steps = 2 }, corrupted = { prompt = "a blue circle", steps = 2 },
  sites = "unet.mid_block.**.attn2.z", over = { "step", "head" },
}
lunette.display(sweep)
print(sweep:table())
