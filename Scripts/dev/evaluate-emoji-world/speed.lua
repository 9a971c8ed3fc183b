-- How long drawing takes: one guided picture of 30 steps, and one of a batch of 16. On a quiet machine.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/speed.lua -- [repeats]
local lunette = require "lunette"

local repeats = math.tointeger(tonumber(arg[1]) or 5)
local model = assert(lunette.load())

-- The least of several: what the machine can do when nothing disturbs it.
local function seconds(pictures)
  local seeds = {}
  for i = 1, pictures do seeds[i] = i end
  local best = math.huge
  for _ = 1, repeats do
    local start = lunette.clock()
    local images = model:generate { prompt = "a cat and a star", seeds = seeds, steps = 30, guidance = 7.5 }.images
    assert(#images == pictures)
    best = math.min(best, lunette.clock() - start)
  end
  return best / pictures
end

model:generate { prompt = "a cat", steps = 1 } -- packs the weights
local one, batch = seconds(1), seconds(16)
print(("one picture %.3f s; of a batch of 16 %.3f s each, %.2f times cheaper"):format(one, batch, one / batch))
