-- Which nouns a study draws, and how they are written down.
local lunette = require "lunette"
local offered = require "study.offered"
local words = {}

local function flattened(categories)
  local nouns, category = {}, {}
  for name, list in lunette.spairs(categories) do
    for _, noun in ipairs(list) do
      nouns[#nouns + 1], category[noun] = noun, name
    end
  end
  return nouns, category
end

--- The nouns of a study.
-- @param given nil or an empty list for the model's own world, or else everyday nouns; or a list of nouns; or a table of such
--   lists by category
-- @return { nouns =, category = by noun, source = in words, world = what its captions say, or nil }
function words.of(model, given)
  local world = offered(model, "world")
  if given ~= nil and type(given) ~= "table" then error("nouns: a list expected, got " .. type(given), 2) end
  if given and given[1] then return { nouns = given, category = {}, source = "given", world = world } end
  local source = world and "the model's world" or "everyday nouns"
  local categories = world and world.categories or require "study.nouns"
  if given and next(given) then categories, source = given, "given" end
  local nouns, category = flattened(categories)
  return { nouns = nouns, category = category, source = source, world = world }
end

--- "a cat", "an owl"
function words.with_article(noun)
  return (noun:find("^[aeiouAEIOU]") and "an " or "a ") .. noun
end

--- "a cat and an owl and a key"
function words.joined(nouns)
  local parts = {}
  for i, noun in ipairs(nouns) do parts[i] = words.with_article(noun) end
  return table.concat(parts, " and ")
end

--- The position of a word's last token, whose row has read all of the word; nil where the word is not there.
function words.row(tokens, word)
  local found, row = lunette.text.find(tokens.words, word)[1], nil
  if not found then return nil end
  for _, token in ipairs(tokens) do
    if token.word == found[2] then row = token.position end
  end
  return row
end

--- Whether the world's captions ever put two words beside each other; nil without a world.
function words.met(world, a, b)
  if not world or not world.held_out_pairs then return nil end
  for _, pair in ipairs(world.held_out_pairs) do
    if pair[1] == a and pair[2] == b or pair[1] == b and pair[2] == a then return false end
  end
  return true
end

return words
