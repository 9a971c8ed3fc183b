-- Pictures that were not generated: found again from noise, and edited. arg[1] is the folder of the models.
local lunette = require "lunette"
local suppress = require "suppress"
local near = require "suppress.tests.near"
if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end
local t, metrics = lunette.tensor, lunette.metrics

local prompt, steps = "a cat and a pistol", 6
for _, name in ipairs{ "tiny-sd1", "tiny-pixel" } do
  local model = assert(lunette.load(arg[1] .. "/" .. name))
  local side = model:generate{ prompt = "", steps = 1 }.height
  local x = t.linspace(0, 1, side)
  local picture = t.stack({ x:unsqueeze(1):expand{ side, -1 }, x:unsqueeze(2):expand{ -1, side },
    t.full({ side, side }, 0.3) }, 3)

  local fit = suppress.invert(model, picture, prompt, { steps = steps, guidance = 3 })
  assert(#fit.uncond == steps and #fit.errors == steps and #fit.states == steps + 1)
  -- Fitted unconditional embeddings end nearer to the picture than the empty text does.
  local function apart(latents) return metrics.mse(latents, fit.states[steps + 1]) end
  local plain = model:generate{
    prompt = prompt, latents = fit.noise, start_step = 1, steps = steps, guidance = 3, scheduler = "ddim",
  }
  local found = apart(fit:reconstruct().latents)
  assert(found < apart(plain.latents), ("%s: null text %g, plain %g"):format(name, found, apart(plain.latents)))
  near.number(found, fit.errors[steps], 1e-5, name .. ": the last error")

  -- With the prompt as its own negative, guidance does nothing.
  local same = suppress.invert(model, picture, prompt, { steps = steps, guidance = 3, method = "negative_prompt" })
  local alone = model:generate{
    prompt = prompt, latents = same.noise, start_step = 1, steps = steps, guidance = 1, scheduler = "ddim",
  }
  near.tensor(same:reconstruct().latents, alone.latents, 1e-3, name .. ": negative-prompt inversion")

  -- Edits start from there.
  local none = suppress.generate(model, { inversion = fit, word = "pistol", method = "none" })
  near.tensor(none.latents, fit:reconstruct().latents, 1e-4, name .. ": no edit")
  for _, method in ipairs{ "optimize", "soften", "negative_prompt" } do
    local edited = suppress.generate(model, { inversion = fit, word = "pistol", method = method })
    assert((edited.latents - none.latents):abs():max():item() > 1e-4, name .. ": " .. method)
  end
  near.fails("option 'steps': the inversion says it", suppress.generate, model,
    { inversion = fit, word = "pistol", steps = 3 })
  near.fails("unknown option 'iteration'; did you mean 'iterations'?", suppress.invert, model, picture, prompt,
    { iteration = 3 })
end
