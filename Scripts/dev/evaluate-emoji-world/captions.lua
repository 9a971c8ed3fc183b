-- Captions of the world's grammar and their nouns.
local lunette = require "lunette"
local world = require "emoji-world.world"

local captions = {}

function captions.thing(noun, adjective)
  local words = adjective and adjective .. " " .. noun or noun
  return (words:match("^[aeiou]") and "an " or "a ") .. words
end

function captions.wearing(noun, accessory, joint)
  local worn = accessory:match("s$") and accessory or "a " .. accessory
  return ("%s %s %s"):format(captions.thing(noun), joint or "with", worn)
end

function captions.pair(a, b, relation)
  return ("%s %s %s"):format(captions.thing(a), relation or "and", captions.thing(b))
end

local held = {}
for _, pair in ipairs(world.held_out_pairs) do
  held[pair[1] .. "+" .. pair[2]], held[pair[2] .. "+" .. pair[1]] = true, true
end
local function has(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

--- Whether no caption of the training had both nouns.
function captions.held_out(a, b)
  local p, q = world.polysemes[a], world.polysemes[b]
  return held[a .. "+" .. b] or p and has(p.held_out, b) or q and has(q.held_out, a) or false
end

local category = {}
for name, nouns in lunette.spairs(world.categories) do
  for _, noun in ipairs(nouns) do category[noun] = name end
end

--- Whether both nouns are of one category.
function captions.cohyponyms(a, b) return category[a] ~= nil and category[a] == category[b] end

--- `count` pairs of different nouns for which `fits(a, b)` holds, the same in every run.
function captions.pairs(count, fits, seed)
  math.randomseed(seed or 1)
  local found, seen, nouns = {}, {}, world.nouns
  for _ = 1, 200 * count do
    if #found == count then break end
    local a, b = nouns[math.random(#nouns)], nouns[math.random(#nouns)]
    local key = a < b and a .. "+" .. b or b .. "+" .. a
    if a ~= b and not seen[key] and fits(a, b) then
      seen[key] = true
      found[#found + 1] = { a, b }
    end
  end
  return found
end

return captions
