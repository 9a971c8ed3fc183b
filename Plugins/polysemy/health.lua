-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local polysemy = require "polysemy"
  local ok, found = pcall(polysemy.text.read, model, "bat", { "night", "cave" }, { "night", "ball" })
  if not ok then return nil, found end
  for context, place in pairs(found) do
    if place ~= place then return nil, ("'%s' has no place on the axis of the senses"):format(context) end
  end
  if not found.night or not found.ball then return nil, "a context word was not placed" end
  return true
end

return health
