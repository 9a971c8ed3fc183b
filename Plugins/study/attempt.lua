--- A statistic that may not be there: what `compute` returns, or nil and why not (too few pairs, no variation).
-- @param compute a function of lunette.stats
return function(compute, ...)
  local results = table.pack(pcall(compute, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local reason = tostring(results[2]):gsub("^[^\n]-:%d+: ", "", 1)
  return nil, reason:match("^bad argument #%d+ to '[^']*' %((.*)%)$") or reason
end
