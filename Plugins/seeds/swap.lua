-- A run that begins from one seed and goes on from another.
local lunette = require "lunette"
local metrics = lunette.metrics
local swap = {}

-- The latents that enter a step of a run.
local function latents_at(model, o, seed, step)
  if step == 1 then return nil end
  local found
  model:generate{
    prompt = o.prompt, seed = seed, steps = o.steps, guidance = o.guidance, eta = o.eta,
    scheduler = "ddim",
    end_step = step - 1,
    on_step_end = function(s) if s.index == step - 1 then found = s.latents:clone() end end,
  }
  return found
end

--- The picture whose first steps are those of seed `first`, and from step `at` on the noise is that of seed `second`.
-- @param o prompt, steps, guidance, eta
function swap.picture(model, o, first, second, at)
  local latents = latents_at(model, o, first, at)
  return model:generate{
    prompt = o.prompt, seed = latents and second or first, steps = o.steps, guidance = o.guidance, eta = o.eta,
    scheduler = "ddim",
    latents = latents, start_step = at,
  }.image
end

--- How like two pictures are.
function swap.likeness(a, b, clip)
  return metrics.ssim(a, b), clip and metrics.cosine(clip:image(a), clip:image(b)) or nil
end

--- The plan of the study, for lunette.sweep: each item is a prompt, an eta, a moment and a draw of three seeds.
-- @param o model, clip, prompts, draws, steps, guidance, moments (shares of the run), folder
function swap.plan(o)
  local model, clip, steps, guidance = o.model, o.clip, o.steps, o.guidance
  local version = lunette.json.encode{ version = 1, steps = steps, guidance = guidance, clip = clip ~= nil }
  return {
    name = "swap", folder = o.folder, version = version,
    items = { prompt = o.prompts, eta = { 0, 1 }, moment = o.moments, draw = o.draws },
    each = function(item)
      local run = { prompt = item.prompt, steps = steps, guidance = guidance, eta = item.eta }
      local i, j, k = 3 * item.draw - 2, 3 * item.draw - 1, 3 * item.draw
      local function plain(seed) return model:generate{
        prompt = run.prompt, seed = seed, steps = steps, guidance = guidance, eta = run.eta, scheduler = "ddim",
      }.image end
      local at = math.max(2, math.min(steps, math.floor(item.moment * steps + 0.5) + 1))
      local mixed, row = swap.picture(model, run, i, j, at), {}
      row.image = mixed
      for name, seed in pairs{ first = i, second = j, third = k } do
        row["ssim_" .. name], row["clip_" .. name] = swap.likeness(mixed, plain(seed), clip)
      end
      return row
    end,
  }
end

return swap
