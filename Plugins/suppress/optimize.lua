-- Inference-time optimization of the text embedding (Li et al. 2024, section 3.3).
local lunette = require "lunette"
local maps = require "suppress.maps"
local optimize = {}

-- s · √(falls from 1 to 0.1 over all steps)
local function rate(o, step) return o.rate * math.sqrt(1 - 0.9 * (step - 1) / math.max(1, o.steps - 1)) end

--- The steps in which the embedding is optimized, first and last.
function optimize.range(o)
  local first = math.floor(o.from * o.steps) + 1
  return math.min(first, o.steps), math.max(first, math.min(o.steps, math.floor(o.to * o.steps)))
end

-- From the softened embedding down the gradient of the loss; also the losses before each move.
local function descended(model, state, task, o, target)
  local c, losses = task.edited, {}
  for i = 1, o.iterations do
    c = c:detach():clone():requires_grad_()
    local _, trace = model:denoise(state.latents, state.timestep, c, {
      trace = { self = o.own_weight > 0, layers = task.paths }, rematerialize = o.rematerialize,
    })
    local loss = maps.loss(target, maps.read(trace, task.groups), o)
    losses[i] = loss:item()
    local gradient = lunette.grad(loss, c)
    c = c:detach() - gradient * rate(o, state.index)
  end
  return c, losses
end

--- An on_step that optimizes the embedding in the steps of `range`, and leaves the softened one to those that follow. An
-- unedited run goes along from there on and gives the maps that the other words shall keep.
-- @param task { embedding, edited = softened, uncond = function(step), rows, start = fields of generate for the first step }
-- @param losses a table that gets a list of losses per step
function optimize.on_step(model, task, o, losses)
  local first, last = optimize.range(o)
  local reference
  -- Which layers there are is known once the model was called; at which noise does not matter.
  local _, probe = model:denoise(task.latents, 500, task.embedding, { trace = { self = o.own_weight > 0 } })
  task.groups, task.paths = maps.groups(probe, o.sides, task.fail)

  return function(state)
    local step = state.index
    if step < first then return end
    if step > last then
      state.embedding = task.edited
      return
    end
    local out = model:generate{
      embedding = task.embedding, uncond = task.uncond(step), latents = reference or state.latents,
      start_step = step, end_step = step, steps = o.steps, guidance = o.guidance, scheduler = "ddim",
      trace = { self = o.own_weight > 0, layers = task.paths },
    }
    reference = out.latents
    local target = maps.target(maps.read(out.trace, task.groups), task.rows, o)
    state.embedding, losses[step] = descended(model, state, task, o, target)
  end
end

return optimize
