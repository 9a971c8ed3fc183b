-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local study, word_order = require "study", require "word_order"
  local trials = study.trials.open("health", {}, { folder = false })
  local ok, results = pcall(word_order.measure, model, {
    sets = { { "cat", "ball" } }, seeds = { 1 }, steps = 1, guidance = 1, trials = trials,
    judge = study.judge.credulous(),
  })
  if not ok then return nil, results end
  if #results[1].drawn ~= 2 then return nil, ("%d orders of two nouns were drawn"):format(#results[1].drawn) end
  local change = results[1].changes[1]
  if change.ssim <= 0 then return nil, "two orders of the nouns give the same picture" end
  return true
end

return health
