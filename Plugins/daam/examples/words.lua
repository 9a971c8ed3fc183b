-- %% [markdown]
-- # Where each word of the prompt was heard

-- %%
local daam = require "daam"
local model = assert(lunette.load())
local out = model:generate{ prompt = "a cat and a pistol", seed = 7, steps = 20, trace = true }
lunette.display(out.image)

-- %%
for _, word in ipairs(daam.maps(out):words()) do
  lunette.display(word:overlay(out.image), { caption = word.word })
end
