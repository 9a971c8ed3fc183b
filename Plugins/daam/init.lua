-- DAAM: which parts of the picture a word of the prompt attends to (Tang et al., "What the DAAM: Interpreting Stable
-- Diffusion Using Cross Attention", ACL 2023).
local lunette = require "lunette"
local Maps = require "daam.maps"

local daam = {}

local function is_step(value) return type(value) == "number" and value % 1 == 0 and value >= 1 end

-- one step, or the first and the last of several
local function range(value)
  local steps = type(value) == "table" and value or { value, value }
  if #steps == 2 and is_step(steps[1]) and is_step(steps[2]) and steps[1] <= steps[2] then return steps end
  return nil, "a step, or { first, last } with first <= last, expected"
end

local spec = {
  index = { "integer", 1, min = 1 }, normalize = { "boolean", false }, steps = { range },
  heads = { "integer", min = 1, list = "or one" }, factors = { "integer", min = 1, list = "or one" },
  layers = { "string", list = "or one" },
}

--- The maps of one picture of a traced run.
-- For every head of every cross-attention layer of the down and up blocks, the probabilities are summed over the steps,
-- upsampled bicubically to the size of the latents and clamped at 0; the map of a token is their mean.
-- @param out what model:generate{ trace = true, … } returned
-- @param opts index (which picture, 1), heads, layers, factors, steps, normalize: see README.md
function daam.maps(out, opts)
  return Maps.new(out, lunette.options.read(opts, spec, "maps", 2))
end

return daam
