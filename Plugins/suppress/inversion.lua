-- A picture that was not generated, as the noise and the unconditional embeddings that give it back under guidance.
local lunette = require "lunette"
local complain = lunette.argument_error

local Inversion = {}
local meta = { __index = Inversion }

local spec = {
  method = { { "null_text", "negative_prompt" }, "null_text" }, steps = { "integer", 50, min = 1 },
  guidance = { "number", 7.5 }, iterations = { "integer", 10, min = 1 }, rate = { "number", 1e-2, min = 0 },
}

-- One step of sampling.
local function sampled(self, model, step, latents, uncond, grad_steps)
  return model:generate{
    embedding = self.embedding, uncond = uncond, latents = latents, start_step = step, end_step = step,
    steps = self.steps, guidance = self.guidance, scheduler = "ddim", grad_steps = grad_steps,
  }.latents
end

-- The unconditional embedding with which a step ends nearest to `target`, starting from that of the step before.
local function fitted(self, model, step, latents, target, uncond, o)
  local u = uncond:clone():requires_grad_()
  local adam = lunette.optim.adam({ u }, { lr = o.rate * (1 - (step - 1) / (2 * o.steps)) })
  local enough, loss = 1e-5 + 2e-5 * (step - 1)
  for _ = 1, o.iterations do
    loss = (sampled(self, model, step, latents, u, 1) - target):pow(2):mean()
    if loss:item() < enough then break end
    adam:zero_grad()
    loss:backward()
    adam:step()
  end
  return u:detach()
end

--- Null-text inversion (Mokady et al. 2023): DDIM inversion of the prompt alone, then for each step the unconditional embedding
-- that leads sampling along the same states.
local function null_text(self, model, o)
  local latents, uncond = self.noise, model:encode("")
  for step = 1, o.steps do
    local target = self.states[step + 1]
    uncond = fitted(self, model, step, latents, target, uncond, o)
    self.uncond[step] = uncond
    latents = sampled(self, model, step, latents, uncond, 0)
    self.errors[step] = lunette.metrics.mse(latents, target)
  end
end

--- Negative-prompt inversion (Miyake et al. 2023): with the prompt itself in the place of the unconditional embedding, guidance
-- does nothing, and sampling retraces the inversion without any fitting.
local function negative_prompt(self, _, o)
  for step = 1, o.steps do self.uncond[step] = self.embedding end
end

--- Finds the noise and the unconditional embeddings that give a picture back.
-- @param picture an image or tensor {height, width, 3} in [0, 1] of a size that the model draws
-- @param prompt what it shows
-- @param opts method ("null_text" or "negative_prompt"), steps (50), guidance (7.5), iterations per step (10) and rate (0.01) of
--   null-text inversion
-- @return an inversion: prompt, embedding, noise, uncond (one per step), states (those of DDIM inversion), errors (mean squared,
--   per step, of null-text inversion), steps, guidance, seconds; inversion:reconstruct() is the run that gives the picture back
local function invert(model, picture, prompt, opts)
  local o = lunette.options.read(opts, spec, "invert", 4)
  if type(prompt) ~= "string" then complain(3, "invert", "string expected, got %s", type(prompt)) end
  local started = lunette.clock()
  local states = model:invert(picture, prompt, { steps = o.steps }).latents
  local self = setmetatable({
    model = model, prompt = prompt, embedding = model:encode(prompt), states = states, noise = states[1],
    uncond = {}, errors = {}, steps = o.steps, guidance = o.guidance, method = o.method,
  }, meta)
  local fit = o.method == "null_text" and null_text or negative_prompt
  fit(self, model, o)
  self.seconds = lunette.clock() - started
  return self
end

--- The run that gives the picture back, as far as it does: what model:generate gives.
function Inversion:reconstruct()
  return self.model:generate{
    embedding = self.embedding, uncond = self.uncond, latents = self.noise, start_step = 1, steps = self.steps,
    guidance = self.guidance, scheduler = "ddim",
  }
end

return { invert = invert }
