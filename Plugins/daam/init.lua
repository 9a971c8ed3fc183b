-- DAAM: which parts of the picture a word of the prompt attends to (Tang et al., "What the DAAM: Interpreting Stable
-- Diffusion Using Cross Attention", ACL 2023).
local Maps = require "daam.maps"
local options = require "daam.options"

local daam = {}

--- The maps of one picture of a traced run.
-- For every head of every cross-attention layer of the down and up blocks, the probabilities are summed over the steps,
-- upsampled bicubically to the size of the latents and clamped at 0; the map of a token is their mean.
-- @param out what model:generate{ trace = true, … } returned
-- @param opts index (which picture, 1), heads, layers, factors, steps, normalize: see README.md
function daam.maps(out, opts)
  return Maps.new(out, options.check(opts))
end

return daam
