-- What daam.maps can be asked, checked: an error names the argument and is raised at the caller's line.
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

--- Raises if a table has a key that is not in `names`.
-- @param position of the argument in the call, as the caller counts
function options.only(opts, names, what, position, level)
  if opts == nil then return {} end
  if type(opts) ~= "table" then
    error(("bad argument #%d to '%s' (table of options expected, got %s)"):format(position, what, type(opts)), level + 1)
  end
  local stray = {}
  for key in pairs(opts) do
    local found = false
    for _, name in ipairs(names) do found = found or name == key end
    if not found then stray[#stray + 1] = tostring(key) end
  end
  table.sort(stray)
  if stray[1] then
    error(("bad argument #%d to '%s' (unknown option '%s', did you mean '%s'?)"):format(
      position, what, stray[1], nearest(stray[1], names)), level + 1)
  end
  return opts
end

local function whole(value) return math.type(value) == "integer" or (math.type(value) == "float" and value % 1 == 0) end

-- a positive integer or a list of them, as a list; nil stays nil
local function list(value, name, fail)
  if value == nil then return nil end
  local values = type(value) == "table" and value or { value }
  if #values == 0 then fail(name, "an empty list leaves nothing") end
  for _, number in ipairs(values) do
    if not whole(number) or number < 1 then
      fail(name, ("a positive integer or a list of them expected, got %s"):format(tostring(number)))
    end
  end
  return values
end

--- The options of daam.maps, with heads and factors as lists, layers as a list of patterns, steps as { first, last }.
function options.check(opts, what, position)
  local level = 3
  opts = options.only(opts, known, what, position, level)
  local function fail(name, message)
    error(("bad argument #%d to '%s' (option '%s': %s)"):format(position, what, name, message), level + 2)
  end
  local checked = {
    index = opts.index or 1,
    heads = list(opts.heads, "heads", fail),
    factors = list(opts.factors, "factors", fail),
    normalize = opts.normalize or false,
  }
  if not whole(checked.index) or checked.index < 1 then fail("index", "the number of a picture expected, from 1") end
  if type(checked.normalize) ~= "boolean" then fail("normalize", "true or false expected") end

  if opts.steps ~= nil then
    local range = type(opts.steps) == "table" and opts.steps or { opts.steps, opts.steps }
    if #range ~= 2 or not whole(range[1]) or not whole(range[2]) or range[1] < 1 or range[1] > range[2] then
      fail("steps", "a step, or { first, last } with first <= last, expected")
    end
    checked.steps = range
  end

  if opts.layers ~= nil then
    checked.layers = type(opts.layers) == "table" and opts.layers or { opts.layers }
    if #checked.layers == 0 then fail("layers", "an empty list leaves nothing") end
    for _, pattern in ipairs(checked.layers) do
      if type(pattern) ~= "string" then fail("layers", "a pattern or a list of patterns expected") end
    end
  end
  return checked
end

return options
