-- Lunette's side of the full-size benchmark (Scripts/dev/bench full-size): seconds of every call of a part of the model.
--   unet   both halves of guidance at once, 64 × 64 latents; the first call also packs the weights
--   vae    decoding 64 × 64 latents
--   image  a whole picture in two steps, and its word maps where `trace` says so

-- %% tags=["parameters"]
local task = "unet"
local calls = 3
local trace = false

-- %%
local lunette = require "lunette"
local model = assert(lunette.load())
local seconds, last = {}, nil

local function begin() last = lunette.clock() end
local function finish() table.insert(seconds, lunette.clock() - last) end

local request = {
  prompt = "a cat and a dog", seed = 7, steps = calls, guidance = 7.5, scheduler = "ddim", width = 512, height = 512,
}
if task == "unet" then
  request.on_step, request.on_step_end = begin, finish
  model:generate(request)
elseif task == "vae" then
  local latents = lunette.tensor.randn({ 4, 64, 64 }, { seed = 7 })
  for _ = 1, calls do
    begin()
    model:decode(latents)
    finish()
  end
else
  request.trace = trace or nil
  begin()
  local out = model:generate(request)
  lunette.display(out.image)
  if trace then
    for _, word in ipairs(require "daam".maps(out):words()) do lunette.display(word:overlay(out.image)) end
  end
  finish()
end
print(("[%s]"):format(table.concat(seconds, ", ")))
