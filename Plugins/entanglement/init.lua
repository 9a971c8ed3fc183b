-- Entanglement: whether two nouns get in each other's way (Du et al., "Stable Diffusion is Unstable", NeurIPS 2023, on the
-- similarity of coarse features).
local nulls = require "entanglement.nulls"
return {
  alone = nulls.alone,
  likeness = nulls.likeness,
  losses = nulls.losses,
  pairs = require("entanglement.pairs").measure,
  continue = require("entanglement.continuation").measure,
  observations = require("entanglement.continuation").observations,
  of_itself = require("entanglement.continuation").of_itself,
  permuted = require("entanglement.continuation").permuted,
  success = require("entanglement.continuation").success,
}
