-- The hundred generated pictures that were labelled by eye (eye.json): forty captions of one noun, forty of two, twenty with
-- a colour or something worn, each with a seed of its own.
local captions = require "captions"
local world = require "emoji-world.world"

local columns = 10
local pictures = { columns = columns, jobs = {} }

local function add(entry)
  entry.seed = 9000 + #pictures.jobs
  table.insert(pictures.jobs, entry)
end

math.randomseed(11)
for i = 1, 40 do
  local noun = world.nouns[(i * 17 - 1) % #world.nouns + 1]
  add { prompt = captions.thing(noun), nouns = { noun } }
end
for _, pair in ipairs(captions.pairs(40, function(a, b) return not captions.held_out(a, b) end, 12)) do
  add { prompt = captions.pair(pair[1], pair[2]), nouns = pair }
end
local colours = { "red", "orange", "yellow", "green", "blue", "purple", "pink" }
for i = 1, 10 do
  local noun = world.describable[(i * 7 - 1) % #world.describable + 1]
  add { prompt = captions.thing(noun, colours[(i - 1) % #colours + 1]), nouns = { noun } }
end
for i = 1, 10 do
  local face = world.faces[(i * 5 - 1) % #world.faces + 1]
  add { prompt = captions.wearing(face, world.accessories[(i - 1) % #world.accessories + 1]), nouns = { face } }
end

return pictures
