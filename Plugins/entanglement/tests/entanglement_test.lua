-- Continuations made by hand.
local entanglement = require "entanglement"

local trials = {
  { from = "cat", to = "car", becomes = { true, true, false }, stays = { false, false, true } },
  { from = "cat", to = "car", becomes = { true, false, false }, stays = { false, true, true } },
  -- B is not drawn even by itself: this says nothing about the continuation
  { from = "cat", to = "car", becomes = { false, false, true }, stays = { false, false, true } },
  { from = "car", to = "cat", becomes = { true, true, true }, stays = { false, false, false } },
}
local all = entanglement.success(trials, { 1, 5, 9 })
assert(all[1].successes == 3 and all[1].n == 3)
assert(all[2].successes == 2 and all[3].successes == 1 and all[3].n == 3)
local one = entanglement.success(trials, { 1, 5, 9 }, "cat", "car")
assert(one[2].successes == 1 and one[2].n == 2)
assert(entanglement.success(trials, { 1, 5, 9 }, "dog")[1].n == 0)

for i, trial in ipairs(trials) do trial.coarse = i / 4 end
local predictors, outcome, clusters = entanglement.observations(trials, { 1, 5, 9 })
assert(#outcome == 6, "two later entries of the three trials whose B is drawn from noise")
assert(outcome[1] == true and outcome[2] == false and outcome[6] == true)
assert(predictors.step[2] == 9 and predictors.coarse[6] == 1 and predictors.clip == nil)
local elsewhere = entanglement.observations(trials, { 1, 5, 9 }, function() return { coarse = 0.5 } end)
assert(elsewhere.coarse[6] == 0.5, "another likeness in the place of the trials' own")
assert(#clusters[1] == 2 and #clusters[6] == 2, "each observation is of a pair of nouns")
