-- DAAM: which parts of the picture a word of the prompt attends to (Tang et al., "What the DAAM: Interpreting Stable
-- Diffusion Using Cross Attention", ACL 2023).
local lunette = require "lunette"
local Maps = require "daam.maps"
local replay = require "daam.replay"
local saved = require "daam.saved"
local selection = require "daam.selection"
local values = require "daam.values"

local daam = {}

local spec = {
  index = { "integer", 1, min = 1 }, normalize = { "boolean", false }, steps = { selection.range },
  heads = { "integer", min = 1, list = "or one" }, factors = { "integer", min = 1, list = "or one" },
  layers = { "string", list = "or one" }, middle = { "boolean", false }, negative = { "table" },
}

--- The maps of one picture of a traced run.
-- For every head of every cross-attention layer of the down and up blocks, the probabilities are summed over the steps,
-- upsampled bicubically to the size of the latents and clamped at 0; the map of a token is their mean.
-- @param out what model:generate{ trace = true, … } returned
-- @param opts index (which picture, 1), heads, layers, factors, steps, normalize, middle, negative: see README.md
function daam.maps(out, opts)
  return Maps.new(out, lunette.options.read(opts, spec, "maps", 2))
end

daam.replay, daam.patch = replay.replay, replay.patch
daam.weighted = values.weighted
daam.save, daam.load = saved.save, saved.load

return daam
