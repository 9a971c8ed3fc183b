-- Lunette's side of the benchmark (Scripts/dev/bench): `whole` makes one picture and a map for every word, `loop` times the
-- sampling loop alone, with and without a trace in turns, `gradient` one call of the UNet there and back to the embedding,
-- `checkpoint` the same with checkpoints.

-- %% tags=["parameters"]
local task = "whole"

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local request = { prompt = "a cat and a dog", seed = 7, steps = 30, guidance = 7.5, scheduler = "ddim" }

local function with(changes)
  local copy = {}
  for key, value in pairs(request) do copy[key] = value end
  for key, value in pairs(changes) do copy[key] = value end
  return copy
end

if task == "whole" then
  local daam = require "daam"
  local out = model:generate(with{ trace = true })
  lunette.display(out.image)
  for _, word in ipairs(daam.maps(out):words()) do lunette.display(word:overlay(out.image)) end
elseif task == "gradient" or task == "checkpoint" then
  local embedding, noise = model:encode(request.prompt), model:noise{ seed = 7 }
  local seconds = {}
  for repetition = 0, 3 do
    local start = lunette.clock()
    local c = embedding:clone():requires_grad_()
    local prediction = model:denoise(noise, 500, c, { rematerialize = task == "checkpoint" })
    lunette.grad(prediction:pow(2):mean(), c)
    if repetition > 0 then seconds[repetition] = lunette.clock() - start end
  end
  print(('{"gradient": [%s]}'):format(table.concat(seconds, ", ")))
else
  -- embeddings are made before, pictures decoded by nobody: what is left is the loop
  local embedding, uncond = model:encode(request.prompt), model:encode("")
  request.prompt = nil
  local seconds = { plain = {}, traced = {} }
  for repetition = 0, 3 do
    for _, kind in ipairs{ "plain", "traced" } do
      local start = lunette.clock()
      model:generate(with{ embedding = embedding, uncond = uncond, trace = kind == "traced" or nil })
      if repetition > 0 then table.insert(seconds[kind], lunette.clock() - start) end
    end
  end
  print(('{"plain": [%s], "traced": [%s]}'):format(
    table.concat(seconds.plain, ", "), table.concat(seconds.traced, ", ")))
end
