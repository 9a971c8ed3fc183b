-- What daam.maps and the methods of maps can be asked, checked.
local complain = require "daam.complain"
local options = {}

local known = { "factors", "heads", "index", "layers", "normalize", "steps" }

-- number of edits between two words, to name the option that was probably meant
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

local function nearest(name, names)
  local best, least
  for _, candidate in ipairs(names) do
    local d = distance(name, candidate)
    if not least or d < least then best, least = candidate, d end
  end
  return best
end

--- The table of options, empty for nil; raises if it has a key that is not in `names`.
-- @param position of the table in the call to `what`
function options.only(opts, names, what, position)
  if opts == nil then return {} end
  if type(opts) ~= "table" then complain(position, what, "table of options expected, got %s", type(opts)) end
  local expected, stray = {}, {}
  for _, name in ipairs(names) do expected[name] = true end
  for key in pairs(opts) do
    if not expected[key] then stray[#stray + 1] = tostring(key) end
  end
  table.sort(stray)
  if stray[1] then
    complain(position, what, "unknown option '%s', did you mean '%s'?", stray[1], nearest(stray[1], names))
  end
  return opts
end

local function is_count(value) return type(value) == "number" and value % 1 == 0 and value >= 1 end

-- a positive integer or a list of them, as a list; nil stays nil
local function list(value, name, fail)
  if value == nil then return nil end
  local values = type(value) == "table" and value or { value }
  if #values == 0 then fail(name, "an empty list leaves nothing") end
  for _, number in ipairs(values) do
    if not is_count(number) then
      fail(name, ("a positive integer or a list of them expected, got %s"):format(tostring(number)))
    end
  end
  return values
end

local function range(value, fail)
  if value == nil then return nil end
  local steps = type(value) == "table" and value or { value, value }
  if #steps ~= 2 or not is_count(steps[1]) or not is_count(steps[2]) or steps[1] > steps[2] then
    fail("steps", "a step, or { first, last } with first <= last, expected")
  end
  return steps
end

local function patterns(value, fail)
  if value == nil then return nil end
  local layers = type(value) == "table" and value or { value }
  if #layers == 0 then fail("layers", "an empty list leaves nothing") end
  for _, pattern in ipairs(layers) do
    if type(pattern) ~= "string" then fail("layers", "a pattern or a list of patterns expected") end
  end
  return layers
end

--- The options of daam.maps, with heads and factors as lists, layers as a list of patterns, steps as { first, last }.
function options.check(opts)
  opts = options.only(opts, known, "maps", 2)
  local function fail(name, message) complain(2, "maps", "option '%s': %s", name, message) end
  local index, normalize = opts.index or 1, opts.normalize or false
  if not is_count(index) then fail("index", "the number of a picture expected, from 1") end
  if type(normalize) ~= "boolean" then fail("normalize", "true or false expected") end
  return {
    index = index, normalize = normalize, heads = list(opts.heads, "heads", fail),
    factors = list(opts.factors, "factors", fail), layers = patterns(opts.layers, fail),
    steps = range(opts.steps, fail),
  }
end

options.nearest = nearest

return options
