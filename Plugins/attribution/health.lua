-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local attribution, study = require "attribution", require "study"
  local sentences = assert(attribution.conllu.read(
    "1\ta\t_\tDET\t_\t_\t2\tdet\t_\t_\n2\tcat\t_\tNOUN\t_\t_\t0\troot\t_\t_\n"))
  local ok, results = pcall(attribution.syntax.maps, model, {
    sentences = sentences, seed = 1, steps = 1, guidance = 1, trials = study.trials.open("health", {}, {
      folder = false }),
  })
  if not ok then return nil, results end
  if #results[1].maps ~= 2 then return nil, "two words have two maps" end
  return true
end

return health
