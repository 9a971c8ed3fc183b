-- Word order: what becomes of the same nouns in another order (Du et al., "Stable Diffusion is Unstable", NeurIPS 2023).
return {
  measure = require("word_order.measure").measure,
  analysis = require "word_order.analysis",
  text = require "word_order.text",
}
