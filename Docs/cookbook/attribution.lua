-- %% [markdown]
-- # Which word drew what?
--
-- Where in the picture a word of the prompt was heard, from cross-attention ([daam](../../Plugins/daam/README.md); Tang et al.
-- 2023).

-- %% tags=["parameters"]
local steps = 20
local prompt = "a red car and a blue book"

-- %%
local lunette = require "lunette"
local daam = require "daam"
local model = assert(lunette.load())
local out = model:generate{ prompt = prompt, seed = 7, steps = steps, trace = true }
local maps = daam.maps(out)

-- %%
local pictures, labels = { out.image }, { "picture" }
for _, word in ipairs(maps:words()) do
  pictures[#pictures + 1], labels[#labels + 1] = word:overlay(out.image), word.word
end
lunette.display(pictures, { size = 192, labels = labels })
