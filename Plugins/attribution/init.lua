-- The experiments of DAAM's paper (Tang et al., "What the DAAM", ACL 2023): do maps of words lie on what the words name, how do
-- maps of words lie that a sentence binds together, and what does one word do to another.
return {
  conllu = require "attribution.conllu",
  masks = require "attribution.masks",
  scores = require "attribution.scores",
  segmentation = require "attribution.segmentation",
  semantics = require "attribution.semantics",
  syntax = require "attribution.syntax",
}
