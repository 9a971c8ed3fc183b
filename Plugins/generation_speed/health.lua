-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local speed = require "generation_speed"
  local ok, curves = pcall(speed.curves, model, { prompt = "a cat", seed = 1, steps = 2 })
  if not ok then return nil, curves end
  for _, which in ipairs{ "noisy", "predicted" } do
    if #curves[which] ~= 2 then return nil, ("%d points of a curve of 2 steps"):format(#curves[which]) end
  end
  local last = curves.noisy[2]
  if math.abs(last - 1) > 1e-3 then
    return nil, ("SSIM of the last step's picture to the final one: %g"):format(last)
  end
  return true
end

return health
