-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local study = require "study"
  local words = study.words.of(model)
  if #words.nouns == 0 then return nil, "there are no nouns" end
  local judge, reason = study.judge.open(model, { vocabulary = words.nouns })
  if not judge then return nil, reason end
  local out = model:generate{ prompt = study.words.with_article(words.nouns[1]), seed = 1, steps = 1 }
  local ok, seen = pcall(judge.presence, judge, out.image, { words.nouns[1] })
  if not ok then return nil, seen end
  local confidence = seen[1].confidence
  if not (confidence >= 0 and confidence <= 1) then return nil, ("a judge's confidence is %g"):format(confidence) end
  return true
end

return health
