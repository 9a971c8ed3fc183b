-- %% [markdown]
-- # How soon a picture is what it will be

-- %%
local study, speed = require "study", require "generation_speed"
local model = assert(lunette.load())
local curves, out = speed.curves(model, { prompt = "a cat", seed = 7, steps = 20 })
lunette.display(out.image)
print(("half way after %.1f steps"):format(study.measures.half_time(curves.predicted)))
