-- %% [markdown]
-- # Attend-and-Excite
--
-- Before each of the first steps, the latents go down the gradient of a loss that asks for each named word to be looked at
-- somewhere (Chefer et al. 2023): 1 minus the largest probability of the word that is heard least.
--
-- The curve says whether the word is heard; whether it is drawn, look for yourself: with the built-in model and this prompt,
-- which it draws as two red cars, the loss falls and a car stays a car.

-- %% tags=["parameters"]
local steps = 20
local first_steps = 8
local rate = 20
local prompt = "a red car and a blue book"
local words = { "car", "book" }

-- %%
local lunette = require "lunette"
local study = require "study"
local model = assert(lunette.load())
local c = model:encode(prompt)
local positions = {}
for i, word in ipairs(words) do positions[i] = study.words.row(model:tokenize(prompt), word) end
-- Maps of a quarter of the latents' side carry where things are.
local layers = "unet.*_blocks.1.**.attn2"

local function loss(latents, timestep)
  local _, trace = model:denoise(latents, timestep, c, { trace = { layers = layers } })
  local sum, count
  for _, layer in ipairs(trace.layers) do
    local probs = trace:probs(layer.path):mean(1)
    if not sum or probs:size(1) == sum:size(1) then
      sum, count = sum and sum + probs or probs, (count or 0) + 1
    end
  end
  local maps, worst = sum / count, nil
  for i = 1, #words do
    local missing = 1 - maps[{ {}, positions[i] }]:max()
    if not worst or missing > worst then worst = missing end
  end
  return worst
end

-- %%
local losses = {}
local plain = model:generate{ prompt = prompt, seed = 3, steps = steps }
local out = model:generate{ prompt = prompt, seed = 3, steps = steps, on_step = function(s)
  if s.index > first_steps then return end
  local latents = s.latents:detach():clone():requires_grad_()
  local value = loss(latents, s.timestep)
  losses[#losses + 1] = value:item()
  value:backward()
  s.latents = latents:detach() - latents.grad * (rate * (1 - s.index / steps))
end }
lunette.display({ plain, out }, { size = 256, labels = { "plain", "excited" } })
lunette.display(lunette.plot.line{
  y = losses, title = "1 - the largest probability of the word heard least", x_label = "step" })
