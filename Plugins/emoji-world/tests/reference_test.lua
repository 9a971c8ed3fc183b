-- The world's facts and the reference set: what studies build on.
local world = require "emoji-world.world"
local reference = require "emoji-world.reference"

local third = world.version >= 3 -- what a world for studies must have; the second was a trial
if third then assert(#world.nouns >= 60, "nouns") end
local categories, polysemes = 0, 0
for _, nouns in pairs(world.categories) do
  categories = categories + 1
  assert(#nouns >= (third and 3 or 2), "each category has cohyponyms")
end
local held = {}
for _, pair in ipairs(world.held_out_pairs) do held[pair[1] .. "+" .. pair[2]] = true end
local is_noun = {}
for _, noun in ipairs(world.nouns) do is_noun[noun] = true end
for noun, polyseme in pairs(world.polysemes) do
  polysemes = polysemes + 1
  local counted = world.counted.senses[noun]
  local first = counted.first / (counted.first + counted.second)
  assert(first > 0.5, ("%s: dominant sense in %.3f"):format(noun, first))
  assert(not third or first > 0.70 and first < 0.85, ("%s: dominant sense in %.3f"):format(noun, first))
  for _, word in ipairs(polyseme.contexts) do
    assert(is_noun[word], word)
    assert(not held[noun .. "+" .. word] and not held[word .. "+" .. noun], "a context word is never held out")
  end
  for _, word in ipairs(polyseme.held_out) do assert(is_noun[word], word) end
end
assert(categories >= 8 and polysemes >= (third and 8 or 5))
assert(world.counted.without < 0.01, "negation")

assert(reference.count() >= 500)
local class = {}
for number, name in ipairs(reference.classes) do class[name] = number end
for _, index in ipairs { 1, 33, reference.count() } do
  local picture = reference.get(index)
  assert(picture.image:size(1) == 64 and picture.image:size(3) == 3)
  for _, object in ipairs(picture.objects) do
    local mask = picture.classes:eq(class[object.label])
    assert(mask:sum():item() >= 20, object.label .. " has a mask in " .. picture.caption)
    local box = object.box
    local x, y = math.max(box[1], 0), math.max(box[2], 0)
    local inside = mask:narrow(1, y + 1, math.min(box[4], 64 - y)):narrow(2, x + 1, math.min(box[3], 64 - x))
    assert(inside:sum():item() == mask:sum():item(), "the mask lies in the box")
  end
end
assert(not pcall(reference.get, reference.count() + 1))
