-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local study, entanglement = require "study", require "entanglement"
  local trials = study.trials.open("health", {}, { folder = false })
  local ok, results = pcall(entanglement.pairs, model, {
    pairs = { { "cat", "ball" } }, seeds = { 1 }, steps = 2, guidance = 1, trials = trials,
    judge = study.judge.credulous(),
  })
  if not ok then return nil, results end
  for part, overlap in ipairs(results[1].overlap) do
    if not (overlap >= 0 and overlap <= 1) then
      return nil, ("the maps' overlap in part %d is %g, which is none"):format(part, overlap)
    end
  end
  return true
end

return health
