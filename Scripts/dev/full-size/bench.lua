-- Lunette's side of the full-size benchmark (Scripts/dev/bench full-size): seconds of every call of a part of the model.
--   unet   both halves of guidance at once, 64 × 64 latents; the first call also packs the weights
--   start  the same once, in seconds since the process started
--   vae    decoding 64 × 64 latents
--   image  a whole picture in two steps, and its word maps where `trace` says so

-- %% tags=["parameters"]
local task = "unet"
local calls = 3
local trace = false
local dtype = "f32"
local low_memory = false

-- %%
local lunette = require "lunette"
local model = assert(lunette.load(nil, { dtype = dtype, low_memory = low_memory }))
local seconds, last = {}, nil

local function begin() last = lunette.clock() end
local function finish() table.insert(seconds, lunette.clock() - last) end

local request = {
  prompt = "a cat and a dog", seed = 7, steps = calls, guidance = 7.5, scheduler = "ddim", width = 512, height = 512,
}
-- Linux counts both from the start of the machine: the process's start in hundredths of a second, after its name
local function since_start()
  local stat = assert(io.open("/proc/self/stat")):read("a"):match("%)(.*)")
  local ticks, field = nil, 2
  for word in stat:gmatch("%S+") do
    field = field + 1
    if field == 22 then ticks = tonumber(word) end
  end
  return tonumber(assert(io.open("/proc/uptime")):read("a"):match("%S+")) - ticks / 100
end

if task == "start" then
  request.steps, request.on_step_end = 1, function() seconds = { since_start() } end
  model:generate(request)
elseif task == "unet" then
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
