-- The model opens, draws in its own size, and gives the same picture for the same seed.
local lunette = require "lunette"
local model = assert(lunette.load("emoji-world"))
local options = { prompt = "a cat", seed = 3, steps = 2 }
local first, second = model:generate(options), model:generate(options)
assert(first.width == 64 and first.height == 64, "64 x 64 pixels")
assert((first.latents - second.latents):abs():max():item() == 0, "the same seed, the same latents")
assert(model.clip, "it carries a CLIP")
