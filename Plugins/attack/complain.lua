-- Errors that are the caller's mistake.
local lunette = require "lunette"

--- Raises an error about an argument at the line outside of this plugin that made the call.
-- @param position of the argument in the call; `what` the function as the caller knows it
return function(position, what, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  lunette.argument_error(position, what, message)
end
