-- Site patterns as hooks use them: components between dots, `*` for one component, `**` for any number of them.
local pattern = {}

local function split(path)
  local parts = {}
  for part in path:gmatch("[^.]+") do parts[#parts + 1] = part end
  return parts
end

local function matches(wanted, i, parts, j)
  local part = wanted[i]
  if part == nil then return parts[j] == nil end
  if part == "**" then
    for rest = j, #parts + 1 do
      if matches(wanted, i + 1, parts, rest) then return true end
    end
    return false
  end
  return parts[j] ~= nil and (part == "*" or part == parts[j]) and matches(wanted, i + 1, parts, j + 1)
end

--- Whether a layer's path matches, e.g. "unet.up_blocks.**" or a full path.
function pattern.matches(wanted, path) return matches(split(wanted), 1, split(path), 1) end

return pattern
