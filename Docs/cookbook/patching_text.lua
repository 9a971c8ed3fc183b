-- %% [markdown]
-- # Where does the text encoder keep the colour?
--
-- Activation patching of the text tower over layers and positions (Meng et al. 2022): the hidden state of one layer at one
-- token from "a red circle" goes into "a blue circle", and the embedding is measured on its way from blue (0) to red (1). The
-- tower is causal, so that nothing before the colour can matter.

-- %%
local lunette = require "lunette"
local probe = require "probe"
local model = assert(lunette.load())
local tokens = model:tokenize("a red circle")
local positions, labels = {}, {}
for i, token in ipairs(tokens) do
  positions[i], labels[i] = i, token.text
end

-- %%
local sweep = probe.sweep{
  model = model, call = "encode", clean = { text = "a red circle" }, corrupted = { text = "a blue circle" },
  sites = "text_encoder.layers.*", over = { "site", "token" }, tokens = positions, token_labels = labels,
}
lunette.display(sweep:plot{ title = "share of the way from blue to red", values = true })
print(sweep:strongest())
