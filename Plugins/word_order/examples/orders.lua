-- %% [markdown]
-- # Two nouns in both orders

-- %%
local study, word_order = require "study", require "word_order"
local model = assert(lunette.load())
local judge = assert(study.judge.open(model, { vocabulary = study.words.of(model).nouns }))
local results = word_order.measure(model, {
  sets = { { "cat", "pistol" } }, seeds = study.draws.seeds(4), steps = 20, guidance = 7.5, judge = judge,
  trials = study.trials.open("orders", { model = model.fingerprint, judge = judge.identity, version = 1 }),
})

-- %%
for position, found in ipairs(word_order.analysis.presence(results, 2)) do
  print(("position %d: drawn in %d of %d pictures"):format(position, found.successes, found.n))
end
