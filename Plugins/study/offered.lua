-- What the plugin of a model brings beside the weights.
local lunette = require "lunette"

--- The `judge`, the `world`, the `reference` pictures or the `labelled` ones of a model; nil where it brings no such thing.
return function(model, what)
  local found, offer = pcall(lunette.extension, "models", model.name .. "." .. what)
  if found then return offer() end
end
