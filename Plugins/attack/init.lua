-- The attack on prompts: words, found by gradients, that make a model lose what the prompt names (Du et al., "Stable Diffusion is
-- Unstable", NeurIPS 2023).
local Eye = require "attack.eye"
local Objective = require "attack.objective"
local search = require "attack.search"

return {
  corpus = require "attack.corpus",
  eye = Eye.new,
  initial = Objective.initial,
  language = require("attack.language").open,
  losses = require "attack.losses",
  prepare = search.prepare,
  search = search.search,
  texts = require "attack.texts",
}
