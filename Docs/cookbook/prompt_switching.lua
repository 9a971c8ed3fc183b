-- %% [markdown]
-- # What is settled when?
--
-- The prompt changes after some steps: what is still of the first one was settled by then (Hertz et al. 2023).

-- %% tags=["parameters"]
local steps = 20

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local before, after = model:encode("a red car"), model:encode("a blue book")
local pictures, labels = {}, {}
for switch = 0, steps, math.max(steps // 5, 1) do
  local schedule = {}
  for step = 1, steps do schedule[step] = step <= switch and before or after end
  local out = model:generate{ embedding = schedule, seed = 7, steps = steps, scheduler = "ddim" }
  pictures[#pictures + 1], labels[#labels + 1] = out.image, ("after %d"):format(switch)
end
lunette.display(pictures, { size = 128, labels = labels })
