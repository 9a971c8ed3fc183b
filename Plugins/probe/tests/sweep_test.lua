-- Sweeps on the built-in model: what must come out whatever the weights are.
local lunette = require "lunette"
local probe = require "probe"
local model = assert(lunette.load())
local clean, corrupted = { prompt = "a red circle", steps = 2 }, { prompt = "a blue circle", steps = 2 }

-- Everything that the prompt says comes through keys and values: patched whole, the clean run is back.
local whole = probe.sweep{
  model = model, clean = clean, corrupted = corrupted, seeds = { 1, 2 }, over = "step", steps = { { 1, 2 } },
  sites = { "unet.**.attn2.k", "unet.**.attn2.v" },
}
assert(math.abs(whole.mean[1][1] - 1) < 1e-6, whole.mean[1][1])
assert(whole.low[1][1] <= whole.mean[1][1] and whole.mean[1][1] <= whole.high[1][1])

-- A patch of a run into itself does nothing.
local none = probe.sweep{
  model = model, clean = corrupted, corrupted = corrupted,
  sites = "unet.mid_block.**.attn2.z", over = { "step", "head" },
  metric = function(patched, _, before) return (patched.latents - before.latents):abs():max():item() end,
}
for _, row in ipairs(none.mean) do for _, value in ipairs(row) do assert(value == 0) end end
assert(#none.rows == 2 and #none.columns == model:sites("unet.mid_block.**.attn2.z")[1].heads)

-- Layers by positions of the text tower: a token has no influence on those before it, so that only the word that differs and what
-- follows it counts.
local text = probe.sweep{
  model = model, call = "encode", clean = { text = "a red circle" }, corrupted = { text = "a blue circle" },
  sites = "text_encoder.layers.*", over = { "site", "token" },
  tokens = { 1, 2, 3, 4 }, token_labels = { "<", "a", "colour", "circle" },
}
for i in ipairs(text.rows) do
  assert(text.mean[i][1] == 0 and text.mean[i][2] == 0, "before the word")
  assert(text.mean[i][3] ~= 0, "the word")
end
-- A list of positions goes in at once; all of them together are the clean embedding.
local all = {}
for position = 1, 77 do all[position] = position end
local together = probe.sweep{
  model = model, call = "encode", clean = { text = "a red car" }, corrupted = { text = "a blue car" },
  sites = { "text_encoder.embeddings", "text_encoder.layers.*" }, over = { "site", "token" },
  tokens = { 2, { 3 }, all },
}
for i in ipairs(together.rows) do assert(math.abs(together.mean[i][3] - 1) < 1e-6, together.mean[i][3]) end
assert(together.columns[2].label == "3" and together.columns[3].label == "1–77", together.columns[3].label)
-- Before the first layer the prompts differ in one row.
assert(together.mean[1][1] == 0 and math.abs(together.mean[1][2] - 1) < 1e-6, together.mean[1][2])
assert(text:strongest().token and #text:table() == #text.rows * 4)
assert(text.rows[1].label:match("^%d+$"), text.rows[1].label)

for message, change in pairs{
  ["did you mean 'sites'?"] = { site = "x" },
  ["one of 'site', 'step', 'head', 'token' or a list"] = { over = { "layer" } },
  ["one or two different ones"] = { over = { "step", "step" } },
  ["positions to go over"] = { over = "token" }, ["positions from 1"] = { over = "token", tokens = { { 2, 0 } } },
  ["metric must return a number"] = { metric = function() end },
} do
  local options = { model = model, clean = clean, corrupted = corrupted, sites = "unet.mid_block" }
  for key, value in pairs(change) do options[key] = value end
  local ok, found = pcall(probe.sweep, options)
  assert(not ok and tostring(found):find(message, 1, true), tostring(found))
end
