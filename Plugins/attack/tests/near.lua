-- Assertions that say by how much.
local near = {}

function near.number(found, expected, within, what)
  assert(math.abs(found - expected) <= within, ("%s: expected %g, got %g"):format(what, expected, found))
end

--- The largest difference of two tensors.
function near.tensor(found, expected, within, what)
  near.number((found - expected):abs():max():item(), 0, within, what)
end

function near.fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "no error, expected: " .. pattern)
  assert(tostring(message):find(pattern, 1, true), ("expected '%s', got '%s'"):format(pattern, message))
end

return near
