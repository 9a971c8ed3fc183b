-- Shares and means with their 95% intervals, as text.
local lunette = require "lunette"
local stats = lunette.stats

local intervals = {}

--- "0.57 (0.44–0.69), n = 56"
function intervals.text(of)
  if not of then return "none" end
  return ("%.2f (%.2f–%.2f), n = %d"):format(of.estimate, of.low, of.high, of.n)
end

--- The mean of values that were sampled independently.
function intervals.mean(values)
  local of = stats.bootstrap(values, { method = "percentile" })
  of.n = #values
  return of
end

local function ratio(captions)
  local hits, n = 0, 0
  for _, c in ipairs(captions) do hits, n = hits + c.hits, n + c.n end
  return hits / n
end

-- Pictures of one caption are alike, so captions are resampled; where that gives less than Wilson's interval, which takes
-- pictures as independent (few captions, or none that differ), Wilson's stands.
local function share(captions)
  local hits, n = 0, 0
  for _, c in ipairs(captions) do hits, n = hits + c.hits, n + c.n end
  local of = stats.wilson(hits, n)
  if #captions > 1 then
    local by_caption = stats.bootstrap(captions, { statistic = ratio, method = "percentile" })
    of.low, of.high = math.min(of.low, by_caption.low), math.max(of.high, by_caption.high)
  end
  return of
end

--- Counts of yes and no under names, by caption.
function intervals.counter()
  local order, counts = {}, {}
  local counter = {}
  function counter.note(name, caption, yes)
    if not counts[name] then
      order[#order + 1] = name
      counts[name] = { list = {}, of = {} }
    end
    local c = counts[name]
    if not c.of[caption] then
      c.of[caption] = { hits = 0, n = 0 }
      c.list[#c.list + 1] = c.of[caption]
    end
    local entry = c.of[caption]
    entry.n, entry.hits = entry.n + 1, entry.hits + (yes and 1 or 0)
  end
  --- { estimate, low, high, n }, or nil where nothing was counted
  function counter.share(name) return counts[name] and share(counts[name].list) end
  function counter.print()
    for _, name in ipairs(order) do print(("%-48s %s"):format(name, intervals.text(counter.share(name)))) end
  end
  return counter
end

return intervals
