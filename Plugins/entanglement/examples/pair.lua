-- %% [markdown]
-- # How far the maps of two nouns lie on each other

-- %%
local study, entanglement = require "study", require "entanglement"
local model = assert(lunette.load())
local judge = assert(study.judge.open(model, { vocabulary = study.words.of(model).nouns }))
local results = entanglement.pairs(model, {
  pairs = { { "cat", "pistol" } }, seeds = study.draws.seeds(2), steps = 18, guidance = 7.5, judge = judge,
  trials = study.trials.open("pair", { model = model.fingerprint, judge = judge.identity, version = 1 }),
})

-- %%
for _, trial in ipairs(results) do
  print(("seed %d: overlap %.2f at first, %.2f at last"):format(trial.seed, trial.overlap[1], trial.overlap[6]))
end
