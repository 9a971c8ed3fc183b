-- What a sweep found: a mean and an interval for each cell.
local lunette = require "lunette"
local t, stats = lunette.tensor, lunette.stats

local result = {}
local methods = {}
local metatable = { __index = methods }

--- Puts the values {rows}{columns}{items} together.
function result.new(values, rows, columns, options)
  local self = { values = values, rows = rows, columns = columns, over = options.over, level = options.level }
  local nan = 0 / 0
  self.mean, self.low, self.high = {}, {}, {}
  for i in ipairs(rows) do
    self.mean[i], self.low[i], self.high[i] = {}, {}, {}
    for j in ipairs(columns) do
      local cell = values[i][j]
      self.mean[i][j] = #cell > 0 and stats.mean(cell) or nan
      self.low[i][j], self.high[i][j] = nan, nan
      if #cell > 1 then
        local interval = stats.bootstrap(cell, { level = options.level, seed = 1 })
        self.low[i][j], self.high[i][j] = interval.low, interval.high
      end
    end
  end
  return setmetatable(self, metatable)
end

--- A table with a row for each cell: its labels, mean, interval and number of values.
function methods:table()
  local rows = {}
  for i, row in ipairs(self.rows) do
    for j, column in ipairs(self.columns) do
      local cell = { mean = self.mean[i][j], low = self.low[i][j], high = self.high[i][j], n = #self.values[i][j] }
      cell[self.over[1]] = row.label
      if self.over[2] then cell[self.over[2]] = column.label end
      rows[#rows + 1] = cell
    end
  end
  local columns = { self.over[1] }
  if self.over[2] then columns[2] = self.over[2] end
  for _, name in ipairs{ "mean", "low", "high", "n" } do columns[#columns + 1] = name end
  return lunette.table(rows, { columns = columns })
end

local function labels(axis)
  local list = {}
  for i, entry in ipairs(axis) do list[i] = entry.label end
  return list
end

--- The heat map of the means; cells whose interval contains 0 are blank with `certain = true`.
function methods:plot(options)
  options = options or {}
  local z = {}
  for i in ipairs(self.rows) do
    z[i] = {}
    for j in ipairs(self.columns) do
      local low, high = self.low[i][j], self.high[i][j]
      local uncertain = options.certain and not (low > 0 or high < 0)
      z[i][j] = uncertain and 0 or self.mean[i][j]
    end
  end
  local matrix = t(z)
  local finite = matrix:masked_fill(matrix:isnan(), 0)
  local most = math.max(finite:abs():max():item(), 1e-12)
  return lunette.plot.heatmap{
    z = finite, x = labels(self.columns), y = labels(self.rows), title = options.title or "effect of a patch",
    x_label = self.over[2] or "", y_label = self.over[1], colors = options.colors or "coolwarm",
    range = options.range or { -most, most }, values = options.values,
    width = options.width, height = options.height,
  }
end

--- The cell that carries most: its labels, mean, low, high.
function methods:strongest()
  local best
  for i, row in ipairs(self.rows) do
    for j, column in ipairs(self.columns) do
      local mean = self.mean[i][j]
      if mean == mean and (not best or math.abs(mean) > math.abs(best.mean)) then
        best = { mean = mean, low = self.low[i][j], high = self.high[i][j] }
        best[self.over[1]] = row.site or row.label
        if self.over[2] then best[self.over[2]] = column.label end
      end
    end
  end
  return best
end

metatable.__tostring = function(self)
  return ("sweep of %d × %d patches"):format(#self.rows, #self.columns)
end
metatable.__mimebundle = function(self)
  local bundle = self:plot():mimebundle()
  bundle["text/plain"] = tostring(self)
  return bundle
end

return result
