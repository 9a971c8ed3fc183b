-- Rows of the shared sweep as a table of prompts by seeds.
local lunette = require "lunette"
local t = lunette.tensor

local Grid = {}
local meta = { __index = Grid }

local grid = {}

--- Gathers the rows of a sweep.
-- @param rows an iterator over rows with prompt, seed and results: sweep:rows{ … }
-- @return a grid: prompts, seeds (lists), at(prompt, seed)
function grid.of(rows)
  local found, prompts, seeds, has_seed = {}, {}, {}, {}
  for row in rows do
    if not found[row.prompt] then
      found[row.prompt] = {}
      prompts[#prompts + 1] = row.prompt
    end
    found[row.prompt][row.seed] = row
    if not has_seed[row.seed] then seeds[#seeds + 1], has_seed[row.seed] = row.seed, true end
  end
  table.sort(prompts)
  table.sort(seeds)
  return setmetatable({ rows = found, prompts = prompts, seeds = seeds }, meta)
end

--- The row of a prompt and a seed; nil where it was not measured.
function Grid:at(prompt, seed) return self.rows[prompt] and self.rows[prompt][seed] end

--- A number of each picture, {prompts, seeds}; nil where it is missing of any.
function Grid:matrix(field, prompts)
  local values = {}
  for i, prompt in ipairs(prompts or self.prompts) do
    values[i] = {}
    for j, seed in ipairs(self.seeds) do
      local row = self:at(prompt, seed)
      local value = row and row[field]
      if type(value) == "boolean" then value = value and 1 or 0 end
      if value == nil then return nil end
      values[i][j] = value
    end
  end
  return t(values)
end

--- The vectors of a seed over prompts, {prompts, d}.
function Grid:vectors(field, seed, prompts)
  local list = {}
  for i, prompt in ipairs(prompts or self.prompts) do list[i] = self:at(prompt, seed)[field] end
  return t.stack(list)
end

--- Several fields of each picture, {prompts, seeds, d}: numbers side by side, or one field of vectors; nil where one is
-- missing of any.
-- @param fields a list of names of numbers, or the name of vectors
function Grid:tensor(fields, prompts)
  if type(fields) == "string" then
    local all = self:all(fields, prompts)
    return all:view{ #(prompts or self.prompts), #self.seeds, all:size(2) }
  end
  local list = {}
  for i, field in ipairs(fields) do
    local y = self:matrix(field, prompts)
    if not y then return nil end
    list[i] = y:unsqueeze(3)
  end
  return t.cat(list, 3)
end

--- All vectors, prompt by prompt and within it seed by seed, {prompts · seeds, d}.
function Grid:all(field, prompts)
  local list = {}
  for _, prompt in ipairs(prompts or self.prompts) do
    for _, seed in ipairs(self.seeds) do list[#list + 1] = self:at(prompt, seed)[field] end
  end
  return t.stack(list)
end

return grid
