-- What a sweep goes over: lists of { label =, patch = fields of a patch }.
local lunette = require "lunette"
local axes = {}

local function shortened(names)
  if #names < 2 then return names end
  local first, keep = names[1], #names[1]
  for _, name in ipairs(names) do
    while name:sub(1, keep) ~= first:sub(1, keep) do keep = keep - 1 end
  end
  -- Whole components only.
  while keep > 0 and first:sub(keep, keep) ~= "." do keep = keep - 1 end
  local short = {}
  for i, name in ipairs(names) do short[i] = name:sub(keep + 1) end
  return short
end

--- One entry for each site, named by what tells the sites apart.
function axes.site(sites)
  local names, list = {}, {}
  for i, site in ipairs(sites) do names[i] = site.name end
  for i, label in ipairs(shortened(names)) do list[i] = { label = label, site = names[i] } end
  return list
end

--- One entry for each step, or each range of steps, that was recorded or asked for.
function axes.step(sites, options)
  local groups, list = options.steps, {}
  if not groups then
    groups = {}
    for _, step in ipairs(sites[1].steps or {}) do groups[#groups + 1] = step end
  end
  for i, group in ipairs(groups) do
    local label = type(group) == "table" and ("%d–%d"):format(group[1], group[2]) or tostring(group)
    list[i] = { label = label, patch = { steps = group } }
  end
  if #list == 0 then lunette.argument_error(1, "sweep", "these sites have no steps to go over") end
  return list
end

--- One entry for each head, as many as the site with the most has.
function axes.head(sites, options)
  local list, most = {}, 0
  for _, site in ipairs(sites) do
    if not site.heads then lunette.argument_error(1, "sweep", "%s has no heads to go over", site.name) end
    most = math.max(most, site.heads)
  end
  local heads = options.heads
  for place = 1, heads and #heads or most do
    local head = heads and heads[place] or place
    list[place] = { label = tostring(head), patch = { heads = head }, head = head }
  end
  return list
end

-- A list of positions by its ends, { 6, 7, 8 } as 6–8; where it has gaps, all of them.
local function named(positions)
  local first, last = positions[1], positions[#positions]
  if #positions > 1 and last - first == #positions - 1 then return ("%d–%d"):format(first, last) end
  return table.concat(positions, ", ")
end

--- One entry for each position, or each list of positions, that was asked for.
function axes.token(_, options)
  local list = {}
  for i, token in ipairs(options.tokens or {}) do
    local positions = type(token) == "table" and token or { token }
    for place = 1, math.max(#positions, 1) do
      local position = positions[place]
      if math.type(position) ~= "integer" or position < 1 then
        local got = tostring(position)
        lunette.argument_error(1, "sweep", "tokens: positions from 1, or lists of them, expected, got %s", got)
      end
    end
    local label = options.token_labels and options.token_labels[i] or named(positions)
    list[i] = { label = label, patch = { tokens = token } }
  end
  if #list == 0 then lunette.argument_error(1, "sweep", "tokens: the positions to go over expected, { 2, 3 }") end
  return list
end

return axes
