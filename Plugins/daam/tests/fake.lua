-- A run that never was: attention made up so that every map can be worked out in the head.
local lunette = require "lunette"
local t = lunette.tensor
local fake = {}

-- "a cat and acat": the last word is cut into two tokens
local tokens = {
  { id = 0, text = "<|startoftext|>", position = 1 },
  { id = 1, text = "a", word = 1, position = 2 },
  { id = 2, text = "cat", word = 2, position = 3 },
  { id = 3, text = "and", word = 3, position = 4 },
  { id = 1, text = "a", word = 4, position = 5 },
  { id = 2, text = "Cat", word = 4, position = 6 },
  { id = 4, text = "a", word = 5, position = 7 },
  { id = 5, text = "<|endoftext|>", position = 8 },
}

local function layer(path, heads, side, factor)
  return { path = path, kind = "cross", heads = heads, height = side, width = side, factor = factor, tokens = 10 }
end

--- Latents of 8 x 8. Token k of head h in layer l is the constant k · h · scale of l, in each of two steps.
function fake.out(changes)
  local layers = {
    layer("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2", 2, 8, 1),
    layer("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2", 3, 4, 2),
    layer("unet.down_blocks.2.attentions.0.transformer_blocks.0.attn2", 2, 1, 8),
    layer("unet.mid_block.attentions.0.transformer_blocks.0.attn2", 2, 2, 4),
    layer("unet.up_blocks.1.attentions.0.transformer_blocks.0.attn2", 2, 8, 1),
    { path = "unet.up_blocks.1.attentions.0.transformer_blocks.0.attn1", kind = "self", heads = 2,
      height = 8, width = 8, factor = 1, tokens = 64 },
  }
  local scales = { 1, 10, 1e6, 1e6, 100, 1e6 }
  local trace = { layers = layers, latent_height = 8, latent_width = 8, steps = { 1, 2 }, has_each_step = true }
  function trace:probs(path, options)
    assert(options.index == 1, "index")
    for i, entry in ipairs(self.layers) do
      if entry.path == path then
        local heads = (t.arange(entry.heads) + 1):view{ entry.heads, 1, 1 }
        local keys = (t.arange(entry.tokens) + 1):view{ 1, 1, entry.tokens }
        local of_step = heads * keys * scales[i] * t.ones{ 1, entry.height * entry.width, 1 }
        return options.step and of_step or of_step * 2
      end
    end
    error("no layer " .. path)
  end
  local out = { trace = trace, tokens = { tokens }, seeds = { 7 } }
  for key, value in pairs(changes or {}) do out[key] = value end
  return out
end

return fake
