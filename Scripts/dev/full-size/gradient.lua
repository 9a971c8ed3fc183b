-- Lunette's side of the gradient benchmark (Scripts/dev/bench-gradient): seconds of UNet calls there and back to the embedding.

-- %% tags=["parameters"]
local calls = 2
local pixels = 512
local rematerialize = true

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local noise = model:noise{ seed = 7, width = pixels, height = pixels }
local embedding, seconds = model:encode("a cat and a dog"), {}
for call = 1, calls do
  local start = lunette.clock()
  local c = embedding:clone():requires_grad_()
  local prediction = model:denoise(noise, 500, c, { rematerialize = rematerialize })
  assert(lunette.grad(prediction:pow(2):mean(), c):norm():item() > 0)
  seconds[call] = lunette.clock() - start
end
print(("[%s]"):format(table.concat(seconds, ", ")))
