-- Words with their senses and what might turn them.
local lunette = require "lunette"
local study = require "study"

local words = study.words
local senses = {}

-- the square around an object, brought to the size of its picture
local function portrait(picture, box)
  local height, width = picture:size(1), picture:size(2)
  local side = math.min(math.max(box[3], box[4]) + 4, height, width)
  local function start(at, length, limit)
    return math.max(0, math.min(math.floor(at + length / 2 - side / 2), limit - side)) + 1
  end
  local x, y = start(box[1], box[3], width), start(box[2], box[4], height)
  local part = picture[{ { y, y + side - 1 }, { x, x + side - 1 } }]:contiguous()
  return lunette.image.new(part):resize(height, width, "bicubic")
end

-- by label, pictures of the world's reference set, if it has one
local function portraits(reference)
  local by_label = {}
  for i = 1, reference and reference.count() or 0 do
    local entry = reference.get(i)
    for _, object in ipairs(entry.objects) do
      by_label[object.label] = by_label[object.label] or {}
      if object.label ~= object.noun then table.insert(by_label[object.label], portrait(entry.image, object.box)) end
    end
  end
  return by_label
end

--- The polysemes of a world: a list of { noun =, senses = { { label =, description =, examples = }, … }, contexts =, held_out = },
-- the sense first that captions mean without context. The world's language has no words for a sense: its descriptions (the noun
-- alone, or beside the first word that pulls to the other sense) say little, and CLIP goes by examples, objects cut out of the
-- world's reference set (what a model offers as `reference`). A judge of the model's own needs neither.
function senses.of_world(world, reference)
  local list, examples = {}, portraits(reference)
  for noun, facts in lunette.spairs(world.polysemes) do
    local alone, pull = words.with_article(noun), words.with_article(facts.contexts[1])
    list[#list + 1] = {
      noun = noun, contexts = facts.contexts, held_out = facts.held_out or {},
      senses = {
        { label = facts.senses[1], description = alone, examples = examples[facts.senses[1]] },
        { label = facts.senses[2], description = alone .. " and " .. pull, examples = examples[facts.senses[2]] },
      },
    }
  end
  return list
end

--- How often CLIP names the sense of an example rightly when it goes by the other examples: { successes =, n = }. Examples that are
-- the only one of their sense are left out.
function senses.accuracy(clip, entry)
  local found = { successes = 0, n = 0 }
  for own, sense in ipairs(entry.senses) do
    for i, picture in ipairs(sense.examples and sense.examples[2] and sense.examples or {}) do
      local seen, best, most = clip:image(picture), nil, -math.huge
      for k, other in ipairs(entry.senses) do
        local score = (seen * study.sense_vector(clip, other, k == own and i or nil)):sum():item()
        if score > most then best, most = k, score end
      end
      found.n, found.successes = found.n + 1, found.successes + (best == own and 1 or 0)
    end
  end
  return found
end

local function complain(message, ...) error("senses: " .. message:format(...), 3) end

--- Checks a list that the user wrote: each { noun =, senses = { { label =, description = }, … }, contexts = { words } }.
function senses.checked(list)
  if type(list) ~= "table" or #list == 0 then complain("a list of words with their senses expected") end
  for i, entry in ipairs(list) do
    if type(entry) ~= "table" or type(entry.noun) ~= "string" then complain("[%d]: a noun expected", i) end
    if type(entry.senses) ~= "table" or #entry.senses < 2 then
      complain("'%s': at least two senses expected", entry.noun)
    end
    for k, sense in ipairs(entry.senses) do
      if type(sense.label) ~= "string" or type(sense.description) ~= "string" then
        complain("'%s', sense %d: a label and a description expected", entry.noun, k)
      end
    end
    if type(entry.contexts) ~= "table" then complain("'%s': a list of context words expected", entry.noun) end
    entry.held_out = entry.held_out or {}
  end
  return list
end

return senses
