-- %% [markdown]
-- # How many pieces a word's map falls into

-- %%
local blobs, daam = require "blobs", require "daam"
local model = assert(lunette.load())
local out = model:generate{ prompt = "a cat and a pistol", seed = 7, steps = 20, trace = true }
for _, word in ipairs(daam.maps(out):words()) do
  local _, count = blobs.label(word.map, word.map:max():item() / 2)
  print(("%s: %d"):format(word.word, count))
end
