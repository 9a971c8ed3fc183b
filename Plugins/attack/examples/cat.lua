-- %% [markdown]
-- # A prompt that loses its cat, after a few steps of the search

-- %%
local attack, study = require "attack", require "study"
local model = assert(lunette.load())
local found = attack.search(model, {
  prompt = "a photo of a cat and a", noun = "cat", classes = study.words.of(model).nouns, seed = 3, steps = 10,
  iterations = 8,
  on_iteration = function(parts)
    print(("%d: loss %.1f, CLIP's logit of the cat ahead by %.1f"):format(parts.iteration, parts.loss, parts.lead))
  end,
})

-- %%
for _, typed in ipairs(found:texts(2)) do
  print(typed.text)
  lunette.display(model:generate{ prompt = typed.text, seed = 4, steps = 10 }.image)
end
