-- %% [markdown]
-- # How often a noun is drawn

-- %%
local study = require "study"
local model = assert(lunette.load())
local nouns = table.move(study.words.of(model).nouns, 1, 3, 1, {})
local judge = assert(study.judge.open(model, { vocabulary = study.words.of(model).nouns }))
local trials = study.trials.open("presence", { model = model.fingerprint, judge = judge.identity, version = 1 })

-- %%
for _, noun in ipairs(nouns) do
  local keys = {}
  for i, seed in ipairs(study.draws.seeds(4)) do keys[i] = { noun = noun, seed = seed, steps = 20 } end
  local results = trials:run(keys, function(part)
    local found = {}
    for i, key in ipairs(part) do
      local out = model:generate{ prompt = study.words.with_article(key.noun), seed = key.seed, steps = key.steps }
      found[i] = { present = judge:presence(out.image, { key.noun })[1].present }
    end
    return found
  end)
  local count = 0
  for _, result in ipairs(results) do count = count + (result.present and 1 or 0) end
  print(("%s: in %d of %d pictures"):format(noun, count, #results))
end
