-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local pictures = require "seeds.pictures"
  local ok, row = pcall(function()
    local image = model:generate{ prompt = "a cat", seed = 1, steps = 2 }.image
    return pictures.measure({ model = model, clip = model.clip }, image, "cat", "a cat")
  end)
  if not ok then return nil, row end
  if not (row.x >= 0 and row.x <= 1 and row.style:numel() > 0) then return nil, "no place or no style was measured" end
  return true
end

return health
