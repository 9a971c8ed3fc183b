-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local suppress = require "suppress"
  local ok, out, report = pcall(suppress.generate, model, {
    prompt = "a cat and a ball", word = "ball", seed = 1, steps = 2, iterations = 1, from = 0, to = 1,
  })
  if not ok then return nil, out end
  local largest = (report.embedding - model:encode("a cat and a ball")):abs():max():item()
  if largest == 0 then return nil, "the embedding did not change" end
  if out.latents:isnan():sum():item() > 0 then return nil, "the picture has values that are not numbers" end
  return true
end

return health
