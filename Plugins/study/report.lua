-- Numbers as tables and figures show them.
local lunette = require "lunette"
local attempt = require "study.attempt"
local stats = lunette.stats
local report = {}

--- Rounded for reading; nil and nan as a dash.
function report.number(value, digits)
  if value == nil or value ~= value then return "–" end
  return ("%%.%df"):format(digits or 2):format(value)
end

--- "0.57 [0.43, 0.71]" of anything with estimate, low and high; a dash with the reason where there is none.
function report.interval(found, reason, digits)
  if not found then return reason and ("– (%s)"):format(reason) or "–" end
  if not found.low then return report.number(found.estimate, digits) end
  return ("%s [%s, %s]"):format(
    report.number(found.estimate, digits), report.number(found.low, digits), report.number(found.high, digits))
end

--- p values: three digits, never 0.
function report.p(value)
  if value == nil or value ~= value then return "–" end
  return value < 0.001 and "< 0.001" or ("%.3f"):format(value)
end

--- A share of yes with Wilson's interval, nil without any answer.
function report.share(successes, count)
  if count == 0 then return nil, "none" end
  return stats.wilson(successes, count)
end

--- The mean with its BCa bootstrap interval; where BCa has none, with percentiles.
function report.mean(values, seed)
  if #values == 0 then return nil, "none" end
  if #values == 1 then return { estimate = values[1] } end
  return attempt(stats.bootstrap, values, { seed = seed or 1 })
    or attempt(stats.bootstrap, values, { seed = seed or 1, method = "percentile" })
end

--- A mean over clusters of trials: trials are drawn anew cluster by cluster, as those of one prompt are alike.
-- @param clusters a list of lists of numbers
function report.clustered_mean(clusters, seed)
  local function mean(list)
    local sum, count = 0, 0
    for _, values in ipairs(list) do
      for _, value in ipairs(values) do sum, count = sum + value, count + 1 end
    end
    return sum / count
  end
  local filled = {}
  for _, values in ipairs(clusters) do
    if #values > 0 then filled[#filled + 1] = values end
  end
  if #filled == 0 then return nil, "none" end
  if #filled == 1 then return { estimate = mean(filled) } end
  return attempt(stats.bootstrap, filled, { statistic = mean, method = "percentile", seed = seed or 1 })
end

--- Bars with intervals.
-- @param names one per bar
-- @param found { estimate =, low =, high = } per bar; missing ones are 0 without an interval
function report.bars(names, found, opts)
  local y, low, high = {}, {}, {}
  for i = 1, #names do
    local one = found[i] or { estimate = 0 }
    y[i], low[i], high[i] = one.estimate, one.low or one.estimate, one.high or one.estimate
  end
  local options = { x = names, y = y, low = low, high = high }
  for key, value in pairs(opts) do options[key] = value end
  return lunette.plot.bar(options)
end

--- What an interval says to a claim that a number exceeds `threshold`: "agrees", "disagrees" or "open"; "empty" without any
-- number, "too few" where fewer than ten pictures stand behind it.
-- @param pictures how many there are, where the interval does not know
function report.verdict(found, threshold, pictures)
  if not found then return "empty" end
  if pictures and pictures < 10 then return "too few" end
  if found.low and found.low > threshold then return "agrees" end
  if found.high and found.high < threshold then return "disagrees" end
  return "open"
end

--- Findings beside what a paper says.
-- @param list of { question =, paper = what it says, found = interval or nil, reason = why there is none, verdict =, digits = }
function report.findings(list)
  local rows = {}
  for i, one in ipairs(list) do
    rows[i] = { one.question, one.paper, report.interval(one.found, one.reason, one.digits), one.verdict }
  end
  return lunette.table(rows, { columns = { "question", "the paper", "here [95 %]", "verdict" } })
end

--- A sentence for what a small or a weak sample leaves open.
function report.caveat(valid, all, what)
  if valid == all then return ("All %d %s could be used."):format(all, what) end
  local text = ("%d of %d %s could be used."):format(valid, all, what)
  if valid == 0 then
    return text .. "\nThis finding is empty: the model does not draw what the question needs."
  end
  if valid < 20 then return text .. "\nThat is too few to say much: read the interval, not the number." end
  return text
end

return report
