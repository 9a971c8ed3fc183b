-- Writes calls of bound functions: their names are looked up in the living session, their options and examples in the
-- reference.
local values = require "values"
local files = require "files"

local Calls = {}
Calls.__index = Calls

-- A generator of our own: the functions under test may draw from Lua's.
local function generator(seed)
  local state = seed * 0x9E3779B97F4A7C15 + 0x1234567
  return function(n)
    state = state ~ (state << 13)
    state = state ~ (state >> 7)
    state = state ~ (state << 17)
    return (state >> 3) % n + 1
  end
end

local function sorted(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = key end
  table.sort(list)
  return list
end

-- What an example shows, `x:sum() --> 3`, as a statement.
local function statements(example)
  return (example:gsub("([^\n]*)%-%->[^\n]*", function(line)
    return load("return " .. line) and "local _ = " .. line or line
  end))
end

-- The reference: words in backquotes by entry (options above all), properties by type, and examples with their page's start.
local function reference(folder)
  local words, properties, examples = {}, {}, {}
  local pages = io.popen('ls "' .. folder .. '"')
  for page in pages:lines() do
    local file = page:match("%.md$") and page ~= "README.md" and io.open(folder .. "/" .. page)
    local text = file and file:read("a") or ""
    if file then file:close() end
    local start = text:match("^.-\n### ") or ""
    start = start:match("```lua\n(.-)```") or ""
    for heading, body in (text:gsub("\n### ", "\n\1### ")):gmatch("\1### ([^\n]*)\n([^\1]*)") do
      local known = {}
      for word in (heading .. body):gmatch("[`{ ]([%a_][%w_]*)[`,} ]") do
        if #word < 24 then known[word] = true end
      end
      for name in heading:gmatch("`([^`]+)`") do
        local owner, property = name:match("^([%a_]+)%.([%a_]+)$")
        if owner then properties[#properties + 1] = property end
        words[name:match("([%a_]+)%(") or name] = sorted(known)
      end
      local example = body:match("```lua\n(.-)```")
      if example then examples[#examples + 1] = start .. "\n" .. statements(example) end
    end
  end
  pages:close()
  return words, properties, examples
end

local function methods(value)
  local names = {}
  local meta = debug.getmetatable(value)
  local index = meta and meta.__index
  if type(index) == "function" then
    for i = 1, 4 do
      local _, upvalue = debug.getupvalue(index, i)
      if type(upvalue) == "table" then index = upvalue break end
    end
  end
  if type(index) == "table" then
    for name, f in next, index do if type(f) == "function" and type(name) == "string" then names[name] = true end end
  end
  return sorted(names)
end

local function functions(path, value, found, seen)
  if type(value) == "function" then found[path] = true end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, field in next, value do
    if type(key) == "string" and key:match("^[%a_][%w_]*$") and key ~= "input" then functions(path .. "." .. key, field, found, seen) end
  end
end

function Calls.new(seed, folder)
  local self = setmetatable({ random = generator(seed) }, Calls)
  self.words, self.properties, self.examples = reference(folder)
  local found, seen = {}, {}
  functions("lunette", lunette, found, seen)
  for name, plugin in pairs(plugins) do functions("plugins." .. name, plugin, found, seen) end
  for _, name in ipairs{ "print", "io.write", "require", "lunette.tensor" } do found[name] = true end
  self.functions = sorted(found)
  self.receivers = {}
  for _, list in ipairs{ values.tensors, values.receivers } do
    for _, expression in ipairs(list) do
      local made, value = pcall(load("return " .. expression))
      if made and value ~= nil then self.receivers[#self.receivers + 1] = { expression = expression, methods = methods(value) } end
    end
  end
  self.files = files.new(function(list) return self:pick(list) end)
  return self
end

function Calls:pick(list) return list[self.random(#list)] end

-- Plugins go through tensors in Lua, which is slow, and which an interrupt ends: they get none with more than a few thousand
-- elements.
function Calls:tensor()
  local tensor
  repeat tensor = self:pick(values.tensors) until not self.is_plugin or not tensor:find("expand") or not tensor:find("0000[,}]") and not tensor:find("<<")
  return tensor
end

-- Any hostile value; tables and lists of others among them.
function Calls:value(name, depth)
  depth = depth or 0
  local kind = self.random(depth < 3 and 16 or 12)
  if kind <= 4 then return self:pick(values.numbers) end
  if kind <= 6 then return self:tensor() end
  if kind <= 8 then return self:pick(values.tables) end
  if kind <= 10 then return self:pick(values.strings) end
  if kind <= 12 then return self:pick(values.others) end
  local items = {}
  if kind <= 14 then
    for i = 1, self.random(4) do items[i] = self:value(name, depth + 1) end
  else
    for i = 1, self.random(4) do items[i] = self:pick(self.words[name] or { "x", "y" }) .. " = " .. self:value(name, depth + 1) end
  end
  for i, item in ipairs(items) do items[i] = item:gsub("^(%a[%w_]*) =", function(word)
    return (word == "end" or word == "and" or word == "or" or word == "not" or word == "nil" or word == "if" or word == "in" or word == "for"
      or word == "then" or word == "else" or word == "while" or word == "do" or word == "true" or word == "false" or word == "function"
      or word == "return" or word == "until" or word == "repeat" or word == "local" or word == "break") and "x =" or nil end) end
  return "{" .. table.concat(items, ", ") .. "}"
end

function Calls:arguments(name)
  local list = {}
  for i = 1, self.random(5) - 1 do list[i] = self:value(name) end
  return table.concat(list, ", ")
end

-- An example of the reference, one of its numbers, texts or lists replaced.
function Calls:mutant()
  local source = self:pick(self.examples)
  local places = {}
  for from, to in source:gmatch("()%f[%w_.]%d[%d.]*()") do places[#places + 1] = { from, to } end
  for from, to in source:gmatch('()"[^"\n]*"()') do places[#places + 1] = { from, to } end
  for from, to in source:gmatch("()%b{}()") do places[#places + 1] = { from, to } end
  if #places == 0 then return source end
  local place = self:pick(places)
  local mutant = source:sub(1, place[1] - 1) .. "(" .. self:value() .. ")" .. source:sub(place[2])
  return load(mutant) and mutant or source
end

local operators = { "+", "-", "*", "/", "^", "==", "<", "<=", "..", "~=" }

-- The source text of one call.
function Calls:next()
  local kind = os.getenv("FUZZ_ONLY") == "files" and 21 or self.random(21)
  if kind == 21 then return self.files:next() end
  if kind <= 7 then
    local name = self:pick(self.functions)
    self.is_plugin = name:find("^plugins") ~= nil
    local source = ("return %s(%s)"):format(name, self:arguments(name:match("[%w_]+$")))
    self.is_plugin = false
    return source
  elseif kind <= 14 then
    local receiver = self:pick(self.receivers)
    if #receiver.methods == 0 then return "return " .. receiver.expression end
    local name = self:pick(receiver.methods)
    if self.random(8) == 1 then return ("local x = %s return x.%s(%s)"):format(receiver.expression, name, self:arguments(name)) end
    if self.random(8) == 1 then return ("local x = %s return x:%s(x, x)"):format(receiver.expression, name) end
    return ("local x = %s return x:%s(%s)"):format(receiver.expression, name, self:arguments(name))
  elseif kind <= 15 then
    local x, key = self:pick(self.receivers).expression, self:pick(self.properties)
    if self.random(3) == 1 then return ("local x = %s x.%s = %s"):format(x, key, self:value()) end
    return ("local x = %s return x.%s"):format(x, key)
  elseif kind <= 16 then
    local x = self:pick(self.receivers).expression
    if self.random(2) == 1 then return ("local x = %s x[%s] = %s"):format(x, self:value(), self:value()) end
    return ("local x = %s return x[%s]"):format(x, self:value())
  elseif kind <= 17 then
    return ("return (%s) %s (%s)"):format(self:value(), self:pick(operators), self:value())
  elseif kind <= 18 then
    return ("lunette.display(%s) return tostring(%s)"):format(self:value(), self:value())
  end
  return self:mutant()
end

return Calls
