-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local daam = require "daam"
  local out = model:generate{ prompt = "a cat", seed = 1, steps = 1, trace = true }
  local ok, maps = pcall(daam.maps, out)
  if not ok then return nil, maps end
  local least = maps:word("cat").map:min():item()
  if least < 0 then return nil, ("a map has the negative value %g"):format(least) end
  return true
end

return health
