-- Whether the plugin works with a model: called by the plugin commands with the model that is loaded.
local health = {}

--- @return true, or nil and what is wrong
function health.check(model)
  local probe = require "probe"
  local ok, result = pcall(probe.sweep, {
    model = model, clean = { prompt = "a cat", steps = 1 }, corrupted = { prompt = "a dog", steps = 1 },
    sites = "unet.**.attn2.out", seeds = { 1 },
  })
  if not ok then return nil, result end
  return true
end

return health
