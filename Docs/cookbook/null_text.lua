-- %% [markdown]
-- # Null-text inversion
--
-- A picture is followed back to noise without guidance; then, at each step, the unconditional embedding is optimised until the
-- guided step lands where the inversion was (Mokady et al. 2023). With the same embeddings another prompt edits the picture.

-- %% tags=["parameters"]
local steps = 10
local inner = 5
local guidance = 7.5

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local picture = model:generate({ prompt = "a red car", seed = 7, steps = steps }).image
local inv = model:invert(picture, "a red car", { steps = steps })
local c = model:encode("a red car")
local uncond = model:encode("")
local x = inv.latents[1]
local schedule, losses = {}, {}

-- %%
for index = 1, steps do
  local scheduler = model:scheduler{ name = "ddim", steps = steps }
  local timestep = scheduler.timesteps[index]
  local with = lunette.no_grad(function() return model:denoise(x, timestep, c) end)
  local function step(u)
    local without = model:denoise(x, timestep, u)
    return (scheduler:step(without + (with - without) * guidance, index, x))
  end
  local u = uncond:detach():clone():requires_grad_()
  local optimizer = lunette.optim.adam({ u }, { lr = 1e-2 * (1 - index / (2 * steps)) })
  local loss
  for _ = 1, inner do
    loss = (step(u) - inv.latents[index + 1]):square():mean()
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
  end
  uncond = u:detach()
  schedule[index], losses[index] = uncond, loss:item()
  x = lunette.no_grad(function() return step(uncond) end)
end

-- %%
local function draw(prompt)
  return model:generate{
    prompt = prompt, uncond = schedule, latents = inv.latents[1],
    steps = steps, scheduler = "ddim", guidance = guidance,
  }
end
lunette.display({ picture, draw("a red car").image, draw("a blue car").image }, {
  size = 192, labels = { "picture", "inverted", "edited" } })
lunette.display(lunette.plot.line{ y = losses, title = "loss of each step", x_label = "step" })
