-- What the functions of this plugin can be asked, checked.
local nearest = require("daam.options").nearest
local complain = require "suppress.complain"
local options = {}

-- what an option may be: a test, and the test in words
local kinds = {
  any = { function() return true end, "anything" },
  text = { function(value) return type(value) == "string" end, "a string" },
  flag = { function(value) return type(value) == "boolean" end, "true or false" },
  table = { function(value) return type(value) == "table" end, "a table" },
  tensor = { function(value) return type(value) == "userdata" end, "a tensor" },
  number = { function(value) return type(value) == "number" and value == value end, "a number" },
  amount = { function(value) return type(value) == "number" and value >= 0 end, "a number of at least 0" },
  share = { function(value) return type(value) == "number" and value >= 0 and value <= 1 end, "a number from 0 to 1" },
  count = {
    function(value) return type(value) == "number" and value % 1 == 0 and value >= 1 end, "a positive integer",
  },
  counts = {
    function(value)
      if type(value) ~= "table" or #value == 0 then return false end
      for _, each in ipairs(value) do
        if type(each) ~= "number" or each % 1 ~= 0 or each < 0 then return false end
      end
      return true
    end,
    "a list of integers from 0",
  },
  words = {
    function(value)
      if type(value) == "string" then return true end
      if type(value) ~= "table" or #value == 0 then return false end
      for _, each in ipairs(value) do
        if type(each) ~= "string" then return false end
      end
      return true
    end,
    "a word or a list of words",
  },
}

local function quoted(list) return "'" .. table.concat(list, "', '") .. "'" end

local function shown(value) return type(value) == "string" and ("'%s'"):format(value) or tostring(value) end

local function contains(list, value)
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

local function check(name, value, kind, fail)
  if type(kind) == "table" then
    if not contains(kind, value) then
      fail("option '%s': one of %s expected, got %s", name, quoted(kind), shown(value))
    end
  elseif not kinds[kind][1](value) then
    fail("option '%s': %s expected, got %s", name, kinds[kind][2], shown(value))
  end
end

--- A copy of the options with the defaults of those that were not given.
-- @param opts what the caller gave, or nil
-- @param spec by name { kind, default, required = true }; kind is one of those above, or a list of the values that may be
-- @param what, position the function and the place of the table in its call
function options.read(opts, spec, what, position)
  local function fail(...) complain(position, what, ...) end
  if opts ~= nil and type(opts) ~= "table" then fail("table of options expected, got %s", type(opts)) end
  local names, stray, read = {}, {}, {}
  for name in pairs(spec) do names[#names + 1] = name end
  table.sort(names)
  for name in pairs(opts or {}) do
    if not spec[name] then stray[#stray + 1] = tostring(name) end
  end
  table.sort(stray)
  if stray[1] then fail("unknown option '%s', did you mean '%s'?", stray[1], nearest(stray[1], names)) end
  for _, name in ipairs(names) do
    local value = (opts or {})[name]
    if value == nil then
      if spec[name].required then fail("option '%s': %s expected, got nil", name, kinds[spec[name][1]][2]) end
      read[name] = spec[name][2]
    else
      check(name, value, spec[name][1], fail)
      read[name] = value
    end
  end
  return read
end

return options
