-- Lunette's side of `Scripts/dev/bench attack`: the search of one short prompt, timed from the end of its first iteration.

-- %% tags=["parameters"]
local iterations = 100
local steps = 20

-- %%
local lunette = require "lunette"
local attack = require "attack"
local model = assert(lunette.load())
local found = attack.search(model, {
  prompt = "a photo of a cat and a", noun = "cat", classes = require("emoji-world.world").nouns, seed = 3,
  steps = steps, guidance = 7.5, iterations = iterations + 1, scheduler = "ddim",
})
-- The first iteration packs the weights.
local first = found.history[1].seconds
print(('{"seconds": %.6f, "lead": %.6f}'):format(found.seconds - first, found.history[1].lead))
