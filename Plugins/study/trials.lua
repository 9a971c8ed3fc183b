-- Trials that are kept: what was measured once under a key is not measured again. They lie as JSON lines in the output folder
-- of the run, so that a run that was interrupted goes on, and one with a larger n measures only what is new.
local lunette = require "lunette"
local json = lunette.json

local Trials = {}
local meta = { __index = Trials }

local function text_of(path)
  local file = path and io.open(path, "r")
  if not file then return "" end
  local text = file:read("a")
  file:close()
  return text
end

local function read(text)
  local known = {}
  for line in text:gmatch("[^\n]+") do
    -- A run that was killed may have left half a line.
    local whole, entry = pcall(json.decode, line)
    if whole and type(entry) == "table" and entry.key and entry.result then
      known[json.encode(entry.key)] = entry.result
    end
  end
  return known
end

--- Opens the trials of a study.
-- @param name of the file, `<name>.jsonl`
-- @param facts what decides every result beside its own key: the model's fingerprint, the judge, the version of what is
--   measured
-- @param opts folder (where the file lies; the run's output folder; without one, or with false, nothing is
--   kept beyond the run), size (how many keys are
--   measured at once, 8)
function Trials.open(name, facts, opts)
  opts = opts or {}
  local folder = opts.folder
  if folder == nil then folder = lunette.output_folder() end
  local path = folder and ("%s/%s.jsonl"):format(folder, name) or nil
  local text = text_of(path)
  return setmetatable({
    path = path, facts = facts, size = opts.size or 8, known = read(text),
    measured = 0, found = 0,
    -- Half a line must not spoil the one that follows it.
    needs_newline = text ~= "" and text:sub(-1) ~= "\n",
  }, meta)
end

function Trials:_key(key)
  local whole = {}
  for field, value in pairs(self.facts) do whole[field] = value end
  for field, value in pairs(key) do whole[field] = value end
  return whole
end

-- What was measured goes through its text even when it is new, so that a run that goes on has the same numbers.
function Trials:_keep(key, result)
  local line = json.encode{ key = key, result = result }
  if self.path then
    local file = assert(io.open(self.path, "a"))
    file:write(self.needs_newline and "\n" or "", line, "\n")
    file:close()
    self.needs_newline = false
  end
  local kept = json.decode(line).result
  self.known[json.encode(key)] = kept
  self.measured = self.measured + 1
  return kept
end

--- The results for a list of keys, in their order.
-- @param keys tables of whatever decides a result
-- @param measure gets a list of those keys that are not known yet, at most `size`, and returns a list of their results: tables
--   of numbers, strings, booleans and such tables
function Trials:run(keys, measure)
  local results, missing, places = {}, {}, {}
  for i, key in ipairs(keys) do
    results[i] = self.known[json.encode(self:_key(key))]
    if results[i] then
      self.found = self.found + 1
    else
      missing[#missing + 1], places[#places + 1] = key, i
    end
  end
  for first = 1, #missing, self.size do
    local part = table.move(missing, first, math.min(first + self.size - 1, #missing), 1, {})
    local measured = measure(part)
    if #measured ~= #part then
      error(("measure: %d results expected, got %d"):format(#part, #measured), 2)
    end
    for i, result in ipairs(measured) do
      results[places[first + i - 1]] = self:_keep(self:_key(part[i]), result)
    end
  end
  return results
end

return Trials
