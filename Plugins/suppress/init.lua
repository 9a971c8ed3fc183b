-- SuppressEOT: pictures without what the prompt names (Li et al., "Get What You Want, Not What You Don't: Image Content Suppression
-- for Text-to-Image Diffusion Models", ICLR 2024).
local lunette = require "lunette"
local inversion = require "suppress.inversion"
local methods = require "suppress.methods"
local rows = require "suppress.rows"

local suppress = {
  generate = require "suppress.generate",
  invert = inversion.invert,
  eot = require "suppress.eot",
  spectrum = require "suppress.spectrum",
  measures = require "suppress.measures",
}

--- Which rows of a prompt's embedding belong to some words, to the other words and to what follows the text: lists of positions.
function suppress.rows(model, prompt, word)
  return rows.of(model, prompt, word, function(...) lunette.argument_error(3, "rows", ...) end)
end

--- The names of the methods, sorted.
function suppress.methods()
  local names = {}
  for name in pairs(methods) do names[#names + 1] = name end
  table.sort(names)
  return names
end

return suppress
