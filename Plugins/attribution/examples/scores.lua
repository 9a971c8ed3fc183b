-- %% [markdown]
-- # Does the map of a word lie on what it names?

-- %%
local attribution, daam = require "attribution", require "daam"
local judge = require "emoji-world.judge"
local model = assert(lunette.load())
local out = model:generate{ prompt = "a cat and a pistol", seed = 7, steps = 20, trace = true }
local maps = daam.maps(out)

-- %%
for _, object in ipairs(judge(out.image)) do
  if object.kind == "noun" then
    local found = attribution.scores.of(maps:word(object.noun).map, object.mask, { 0.4 })
    print(("%s: IoU %.2f at 0.4 of the maximum, average precision %.2f"):format(object.noun, found["0.4"], found.ap))
  end
end
