-- What of the attention is meant: steps, and what of a run is replaced by another's.
local lunette = require "lunette"
local selection = {}

local function is_count(value) return type(value) == "number" and value % 1 == 0 and value >= 1 end

--- One step, or the first and the last of several; for lunette.options.
function selection.range(value)
  local steps = type(value) == "table" and value or { value, value }
  if #steps == 2 and is_count(steps[1]) and is_count(steps[2]) and steps[1] <= steps[2] then return steps end
  return nil, "a step, or { first, last } with first <= last, expected"
end

-- positions as pairs { here, in the source }
local function token_pairs(value)
  local pairs_of = {}
  for i, one in ipairs(type(value) == "table" and value or { value }) do
    local pair = type(one) == "table" and one or { one, one }
    if not is_count(pair[1]) or not is_count(pair[2]) then pairs_of = {} break end
    pairs_of[i] = pair
  end
  if #pairs_of == 0 then return nil, "a position, or { prompt's, source's }, or a list of them expected" end
  return pairs_of
end

local spec = {
  half = { { "both", "cond", "uncond" }, "both" }, with = { { "source", "mean" }, "source" },
  middle = { "boolean", true }, heads = { "integer", min = 1, list = "or one" }, layers = { "string", list = "or one" },
  steps = { selection.range }, tokens = { token_pairs },
}

--- What daam.replay and daam.patch replace, checked.
function selection.patch(opts, what, position) return lunette.options.read(opts, spec, what, position) end

return selection
