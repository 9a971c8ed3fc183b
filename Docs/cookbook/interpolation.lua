-- %% [markdown]
-- # Between two pictures
--
-- Noise on the arc between two seeds (a straight line would lose its length), and embeddings on the line between two prompts.

-- %% tags=["parameters"]
local steps = 20
local count = 5

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local a, b = model:noise{ seed = 1 }, model:noise{ seed = 2 }
local c, d = model:encode("a red car"), model:encode("a blue book")
local noises, prompts = {}, {}
for i = 0, count - 1 do
  local share = i / (count - 1)
  noises[#noises + 1] = model:generate{ embedding = c, noise = a:slerp(b, share), steps = steps, scheduler = "ddim" }
  prompts[#prompts + 1] = model:generate{ embedding = c:lerp(d, share), noise = a, steps = steps, scheduler = "ddim" }
end
print("length of the noise between:", a:slerp(b, 0.5):norm():item(), "on the line:", a:lerp(b, 0.5):norm():item())

-- %%
lunette.display(noises, { size = 128, columns = count, caption = "noise" })
lunette.display(prompts, { size = 128, columns = count, caption = "prompt" })
