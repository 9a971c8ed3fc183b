-- Entanglement: whether two nouns get in each other's way (Du et al., "Stable Diffusion is Unstable", NeurIPS 2023, on the
-- similarity of coarse features).
return {
  pairs = require("entanglement.pairs").measure,
  continue = require("entanglement.continuation").measure,
  observations = require("entanglement.continuation").observations,
  success = require("entanglement.continuation").success,
}
