-- How often the model draws what it is asked for, as the judge sees it.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/shares.lua -- [seeds] [pairs]
--
-- `seeds` (10) pictures of each noun, of each of `pairs` (30) pairs that training had and as many that it had not, of two
-- nouns in each colour.
local lunette = require "lunette"
local captions = require "captions"
local drawing = require "drawing"
local intervals = require "intervals"
local world = require "emoji-world.world"

local seeds, count = math.tointeger(tonumber(arg[1]) or 10), math.tointeger(tonumber(arg[2]) or 30)
local model = assert(lunette.load())
local shares = intervals.counter()

local function jobs_of(list)
  local jobs = {}
  for _, entry in ipairs(list) do
    for seed = 1, seeds do
      local job = { seed = 1000 + seed }
      for key, value in pairs(entry) do job[key] = value end
      jobs[#jobs + 1] = job
    end
  end
  return jobs
end

local function singles()
  local list = {}
  for _, noun in ipairs(world.nouns) do list[#list + 1] = { prompt = captions.thing(noun), noun = noun } end
  local weakest = {}
  drawing.each(model, jobs_of(list), function(job, objects)
    local found = drawing.find(objects, job.noun) ~= nil
    shares.note("single noun", job.prompt, found)
    weakest[job.noun] = (weakest[job.noun] or 0) + (found and 1 or 0)
  end)
  local never = {}
  for noun, hits in lunette.spairs(weakest) do
    if hits <= seeds * 0.2 then never[#never + 1] = ("%s %d/%d"):format(noun, hits, seeds) end
  end
  print("drawn in a fifth or fewer: " .. (never[1] and table.concat(never, ", ") or "none"))
end

local function couples(name, fits)
  local list = {}
  for _, pair in ipairs(captions.pairs(count, fits)) do
    list[#list + 1] = { prompt = captions.pair(pair[1], pair[2]), pair = pair }
  end
  drawing.each(model, jobs_of(list), function(job, objects)
    local a, b = drawing.find(objects, job.pair[1]), drawing.find(objects, job.pair[2])
    shares.note(name .. ": both", job.prompt, a and b)
    shares.note(name .. ": at least one", job.prompt, a or b)
  end)
end

local function coloured()
  local list = {}
  local k = 0
  for colour in lunette.spairs(world.colours) do
    for _ = 1, 2 do
      k = k + 1
      local noun = world.describable[(k * 5 - 1) % #world.describable + 1]
      list[#list + 1] = { prompt = captions.thing(noun, colour), noun = noun, colour = colour }
    end
  end
  drawing.each(model, jobs_of(list), function(job, objects)
    local object = drawing.find(objects, job.noun)
    shares.note("colour adjective: noun in that colour", job.prompt, object and object.color == job.colour)
    local any = objects[1]
    shares.note("colour adjective: largest object in that colour", job.prompt, any and any.color == job.colour)
  end)
end

singles()
couples("pair of training", function(a, b) return not captions.held_out(a, b) end)
couples("pair never trained", captions.held_out)
coloured()
print(("%d steps, guidance %g, %d seeds each"):format(drawing.steps, drawing.guidance, seeds))
shares.print()
