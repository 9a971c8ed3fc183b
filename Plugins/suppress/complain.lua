-- Errors that are the caller's mistake.

local function folder_at(level)
  local info = debug.getinfo(level + 1, "S")
  return info and info.source:match("^@(.*)/[^/]*$")
end

local own = folder_at(1)

--- Raises an error about an argument at the line outside of this plugin that made the call.
-- @param position of the argument in the call; `what` the function as the caller knows it
return function(position, what, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  local level = 2
  while folder_at(level) == own do level = level + 1 end
  error(("bad argument #%d to '%s' (%s)"):format(position, what, message), level)
end
