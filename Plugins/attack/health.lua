-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local attack = require "attack"
  local ok, found = pcall(attack.search, model, {
    prompt = "a cat and a", noun = "cat", classes = { "cat", "dog" }, seed = 1, steps = 2, iterations = 2,
  })
  if not ok then return nil, found end
  local moved = (found.logits:detach() - found.objective:start()):abs():max():item()
  if moved == 0 or moved ~= moved then return nil, "the gradient does not move the logits" end
  if not found:texts(1)[1].text then return nil, "a draw has no text" end
  return true
end

return health
