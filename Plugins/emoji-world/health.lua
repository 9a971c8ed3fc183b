-- Whether the model is whole: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local out = model:generate{ prompt = "a cat", seed = 1, steps = 1 }
  local low, high = out.latents:min():item(), out.latents:max():item()
  if low == low and high == high and low < high then return true end
  return nil, ("after one step the latents go from %g to %g"):format(low, high)
end

return health
