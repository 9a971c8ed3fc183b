-- What the functions of this plugin can be asked, checked.
local nearest = require("daam.options").nearest
local complain = require "attack.complain"
local options = {}

local function is_number(value) return type(value) == "number" and value == value and math.abs(value) < math.huge end

local function is_list_of(value, test)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, each in ipairs(value) do
    if not test(each) then return false end
  end
  return true
end

local function is_text(value) return type(value) == "string" end

local function is_count(value) return is_number(value) and value % 1 == 0 and value >= 1 end

-- what an option may be: a test, and the test in words
local kinds = {
  any = { function() return true end, "anything" },
  text = { is_text, "a string" },
  texts = { function(value) return is_list_of(value, is_text) end, "a list of strings" },
  flag = { function(value) return type(value) == "boolean" end, "true or false" },
  action = { function(value) return type(value) == "function" end, "a function" },
  number = { is_number, "a number" },
  amount = { function(value) return is_number(value) and value >= 0 end, "a number of at least 0" },
  positive = { function(value) return is_number(value) and value > 0 end, "a number above 0" },
  count = { is_count, "a positive integer" },
  counts = { function(value) return is_list_of(value, is_count) end, "a list of positive integers" },
  integer = { function(value) return is_number(value) and value % 1 == 0 end, "a whole number" },
  object = { function(value) return type(value) == "userdata" or type(value) == "table" end, "an object" },
}

local function in_words(kind)
  if type(kind) == "table" then return "one of '" .. table.concat(kind, "', '") .. "'" end
  return kinds[kind][2]
end

local function fits(value, kind)
  if type(kind) ~= "table" then return kinds[kind][1](value) end
  for _, each in ipairs(kind) do
    if each == value then return true end
  end
  return false
end

local function shown(value) return type(value) == "string" and ("'%s'"):format(value) or tostring(value) end

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
    if value == nil and spec[name].required or value ~= nil and not fits(value, spec[name][1]) then
      fail("option '%s': %s expected, got %s", name, in_words(spec[name][1]), shown(value))
    end
    if value == nil then value = spec[name][2] end
    read[name] = value
  end
  return read
end

return options
