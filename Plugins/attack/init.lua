-- The attack on prompts: words, found by gradients, that make a model lose what the prompt names (Du et al., "Stable Diffusion is
-- Unstable", NeurIPS 2023).
local Eye = require "attack.eye"
local Objective = require "attack.objective"
local search = require "attack.search"

return {
  arms = require "attack.arms",
  corpus = require "attack.corpus",
  defence = require "attack.defence",
  eye = Eye.new,
  failure = require "attack.failure",
  initial = Objective.initial,
  language = require("attack.language").open,
  losses = require "attack.losses",
  prepare = search.prepare,
  prompts = require "attack.prompts",
  results = require("attack.results").new,
  search = search.search,
  texts = require "attack.texts",
  transfer = require "attack.transfer",
}
