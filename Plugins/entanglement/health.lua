-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

-- The health of the measurement, not of the judge: somebody who finds every noun.
local judge = {
  presence = function(_, _, nouns)
    local seen = {}
    for i in ipairs(nouns) do seen[i] = { present = true, confidence = 1 } end
    return seen
  end,
}

--- @return true, or nil and what is wrong
function health.check(model)
  local study, entanglement = require "study", require "entanglement"
  local trials = study.trials.open("health", {}, { folder = false })
  local ok, results = pcall(entanglement.pairs, model, {
    pairs = { { "cat", "ball" } }, seeds = { 1 }, steps = 2, guidance = 1, judge = judge, trials = trials,
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
