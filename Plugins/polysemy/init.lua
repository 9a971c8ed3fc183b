-- Polysemy: which sense of a word is drawn, and what turns it (Du et al., "Stable Diffusion is Unstable", NeurIPS 2023).
local measure = require "polysemy.measure"
local senses = require "polysemy.senses"
return {
  analysis = require "polysemy.analysis",
  accuracy = senses.accuracy,
  checked = senses.checked,
  mixtures = measure.mixtures,
  of_world = senses.of_world,
  pictures = measure.pictures,
  text = require "polysemy.text",
}
