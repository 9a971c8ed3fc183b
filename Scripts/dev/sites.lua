-- Writes the table of Docs/sites.md: the sites of the built-in model, those that differ only in a number in one line.
-- Scripts/dev/sites runs it; a test holds the page against it.
local lunette = require "lunette"
local model = assert(lunette.load())

local order, groups = {}, {}
for _, site in ipairs(model:sites()) do
  local name = (site.name .. "."):gsub("%.%d+%f[.]", ".N"):gsub("%.$", ""):gsub("net%.N", "net.0")
  if not groups[name] then
    groups[name] = { site = site, count = 0, widths = {} }
    order[#order + 1] = name
  end
  local group = groups[name]
  group.count = group.count + 1
  local width = site.width and tostring(site.width)
  if width and not group.widths[width] then
    group.widths[width] = true
    group.widths[#group.widths + 1] = width
  end
end

local function aliases(name, site)
  local shown = {}
  for _, alias in ipairs(site.aliases) do
    -- Only what differs in its last component: the older prefixes of the text tower are told in the text.
    local last = alias:match("[%w_]+$")
    if alias:sub(-8) == "to_out.0" then last = "to_out.0" end
    if not alias:find("text_encoder", 1, true) or alias:match("^text_encoder%.layers") then
      shown[#shown + 1] = "`" .. last .. "`"
    end
  end
  return #shown > 0 and name ~= "" and table.concat(shown, ", ") or "–"
end

print("| site | how many | kind | shape | width | also called |")
print("|---|---|---|---|---|---|")
for _, name in ipairs(order) do
  local group = groups[name]
  local width = #group.widths > 0 and table.concat(group.widths, ", ") or "–"
  print(("| `%s` | %d | %s | %s | %s | %s |"):format(
    name, group.count, group.site.kind, group.site.shape, width, aliases(name, group.site)))
end
