-- Null-text inversion: reconstruct a real image under guidance by fitting the unconditional embedding of every step
-- (Mokady et al., 2023). A sketch against Docs/lua.md.
local lunette = require "lunette"
local image = lunette.image

local function null_text_inversion(model, picture, prompt, options)
  local steps, guidance, inner = options.steps or 50, options.guidance or 7.5, options.inner or 10
  local embedding = model:encode(prompt)
  -- latents[k] is the state that enters step k of sampling; latents[steps + 1] the picture itself
  local inverted = model:invert(picture, prompt, { steps = steps })
  local latents, uncond = inverted.latents[1], model:encode("")
  local fitted = {}

  for i = 1, steps do
    local target = inverted.latents[i + 1]
    local u = uncond:clone():requires_grad_()
    local adam = lunette.optim.adam({ u }, { lr = 1e-2 * (1 - (i - 1) / 100) })
    local function one_step()
      return model:generate{
        embedding = embedding, uncond = u, latents = latents, start_step = i, end_step = i,
        steps = steps, guidance = guidance, scheduler = "ddim", grad_steps = 1,
      }.latents
    end
    for _ = 1, inner do
      local loss = (one_step() - target):pow(2):mean()
      if loss:item() < 1e-5 + 2e-5 * (i - 1) then break end
      adam:zero_grad()
      loss:backward()
      adam:step()
    end
    uncond = u:detach()
    fitted[i] = uncond
    latents = lunette.no_grad(one_step)
  end
  return { noise = inverted.latents[1], uncond = fitted, embedding = embedding }
end

local model = assert(lunette.load())
local picture = assert(image.open(arg[1] or "cat.png"))
local fit = null_text_inversion(model, picture, arg[2] or "a cat", { steps = 50 })
local again = model:generate{ embedding = fit.embedding, uncond = fit.uncond, latents = fit.noise, steps = 50 }
lunette.display(image.grid({ picture, again.image }))
