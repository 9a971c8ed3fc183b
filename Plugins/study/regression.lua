-- Which of several things goes with a yes or no.
local lunette = require "lunette"
local attempt = require "study.attempt"
local stats = lunette.stats

-- to a standard deviation of 1 around 0; nil where there is nothing to scale
local function scaled(values)
  local sd = attempt(stats.sd, values)
  if not sd or sd == 0 then return nil end
  local mean, list = stats.mean(values), {}
  for i, value in ipairs(values) do list[i] = (value - mean) / sd end
  return list
end

--- A logistic regression whose coefficients can be compared: predictors are scaled to a standard deviation of 1, those that do not
-- vary are left out. Standard errors allow for clusters; p values are Holm's over the predictors.
-- @param predictors by name, lists of numbers; `outcome` booleans; `clusters` labels, or pairs of them; `level` (0.95)
-- @return a list of { name =, estimate =, low =, high =, p = } without the intercept, and the fit; or nil and why there is none
return function(predictors, outcome, clusters, level)
  local columns = {}
  for name, values in pairs(predictors) do columns[name] = scaled(values) end
  if not next(columns) then return nil, "no predictor varies" end
  local fit, reason = attempt(stats.logistic_regression, columns, outcome, { clusters = clusters, level = level })
  if not fit then return nil, reason end
  local found, p = {}, {}
  for i = 2, #fit.coefficients do found[i - 1], p[i - 1] = fit.coefficients[i], fit.coefficients[i].p end
  for i, corrected in ipairs(stats.holm(p)) do found[i].p = corrected end
  return found, fit
end
