-- Whether the library is there and works.
local health = {}

--- @return true, or nil and what is wrong
function health.check()
  local ok, _, count = pcall(require("blobs").label, lunette.tensor{ { 1, 0, 1 } }, 0.5)
  if not ok then return nil, _ end
  if count ~= 2 then return nil, ("two regions were counted as %d"):format(count) end
  return true
end

return health
