-- How much the text encoder's view of a noun changes with its position, layer by layer.
local lunette = require "lunette"
local metrics = lunette.metrics
local text = {}

--- The hidden states of a prompt, a list of {tokens, d} by layer.
function text.layers(model, prompt)
  local layers = {}
  -- Without words in the other half, the encoder runs once.
  model:generate{
    prompt = prompt, uncond = model:encode(""), seed = 0, steps = 1,
    hooks = { { "text_encoder.layers.*", function(x) layers[#layers + 1] = x[1]:clone() end } },
  }
  return layers
end

--- 1 − cosine of two prompts' rows, layer by layer: 0 where the encoder does not see the difference.
-- @param a, b lists of {tokens, d}
-- @param row_a, row_b which rows
function text.distances(a, b, row_a, row_b)
  local distances = {}
  for layer = 1, #a do distances[layer] = 1 - metrics.cosine(a[layer][row_a], b[layer][row_b]) end
  return distances
end

return text
