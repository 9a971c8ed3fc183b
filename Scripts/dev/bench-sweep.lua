-- Lunette's side of `Scripts/dev/bench sweep`. As a script: `loop` draws and writes pictures one after the other,
-- `batch` sixteen at a time, and prints the seconds that took. As a plan: the same pictures as a sweep.
-- %% tags=["parameters"]
local task = "sweep"
local count = 64
local first = 1
local dtype = ""

-- %%
local lunette = require "lunette"
local model = assert(lunette.load(nil, dtype ~= "" and { dtype = dtype } or {}))
local prompts = { "a cat and a dog", "a red car", "an owl", "a house" }
local function prompt_of(seed) return prompts[seed % #prompts + 1] end
local function draw(seed)
  return model:generate{ prompt = prompt_of(seed), seed = seed, steps = 30, guidance = 7.5, scheduler = "ddim" }.image
end
local function path_of(seed) return ("%s/%d.png"):format(lunette.output_folder(), seed) end

if task == "loop" or task == "batch" then
  draw(0)
  local start = lunette.clock()
  if task == "loop" then
    for seed = first, first + count - 1 do draw(seed):save(path_of(seed)) end
  else
    for begin = first, first + count - 1, 16 do
      local texts, seeds = {}, {}
      for seed = begin, math.min(begin + 15, first + count - 1) do
        texts[#texts + 1], seeds[#seeds + 1] = prompt_of(seed), seed
      end
      local out = model:generate{ prompts = texts, seeds = seeds, steps = 30, guidance = 7.5, scheduler = "ddim" }
      for i, seed in ipairs(seeds) do out.images[i]:save(path_of(seed)) end
    end
  end
  print(("%.4f"):format(lunette.clock() - start))
end

return lunette.sweep{
  name = "bench", items = { seed = { first, first + count - 1 } },
  each = function(item) return { image = draw(item.seed) } end,
}
