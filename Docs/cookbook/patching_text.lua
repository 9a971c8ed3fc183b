-- %% [markdown]
-- # Where does the text encoder keep the colour?
--
-- Activation patching of the text tower over layers and positions (Meng et al. 2022): the state of one layer at one token of
-- "a red car" goes into "a blue car", and the embedding is measured on its way from blue (0) to red (1).
--
-- What must come out: before the first layer (`embeddings`) the two prompts differ in the colour's row alone, so that patching it
-- is the whole way; the tower is causal, so that nothing before the colour can matter; and a run that is patched with its own
-- record is the same, bit for bit.

-- %%
local lunette = require "lunette"
local probe = require "probe"
local model = assert(lunette.load())
local tokens = model:tokenize("a red car")
local positions, labels = {}, {}
for i, token in ipairs(tokens) do positions[i], labels[i] = i, token.text end
-- The rows behind the end of the text: cross-attention reads them too.
local padding = {}
for position = tokens.eot + 1, 77 do padding[#padding + 1] = position end
positions[#positions + 1], labels[#labels + 1] = padding, "padding"

-- %%
local sites = { "text_encoder.embeddings", "text_encoder.layers.*" }
local sweep = probe.sweep{
  model = model, call = "encode", clean = { text = "a red car" }, corrupted = { text = "a blue car" },
  sites = sites, over = { "site", "token" }, tokens = positions, token_labels = labels,
}
lunette.display(sweep:plot{ title = "share of the way from blue to red", values = true })
local found = sweep:strongest()
print(("most in one place: %.3f, %s at '%s'"):format(found.mean, found.site, found.token))

-- %% What must come out
local own, record = model:encode("a red car", { record = sites })
local patched = model:encode("a red car", { patch = { { from = record, sites = sites } } })
assert(patched == own, "its own record changes nothing")
assert(math.abs(sweep.mean[1][3] - 1) < 1e-6, "before the first layer the colour's row is all")
for row in ipairs(sweep.rows) do
  assert(sweep.mean[row][1] == 0 and math.abs(sweep.mean[row][2]) < 1e-6, "nothing before the colour")
end
