-- What Scripts/dev/gpu-check runs on each device: numbers into a file, seconds to a line of JSON. Without `numbers` it compares.

-- %% tags=["parameters"]
local numbers = ""   -- where the numbers go
local found = ""     -- with both: compares the numbers of two runs
local wanted = ""
local rounds = 5

-- %%
local lunette = require "lunette"
local tensor, json = lunette.tensor, lunette.json

-- The largest difference over the largest value.
local function off(a, b) return (a - b):abs():max():item() / math.max(b:abs():max():item(), 1e-30) end

if found ~= "" then
  local a, b, out = assert(tensor.load(found)), assert(tensor.load(wanted)), {}
  for name, value in pairs(b) do out[name] = off(a[name], value) end
  local bytes = (a.image * 255):round() - (b.image * 255):round()
  out.bytes_off_by_more_than_1 = bytes:abs():gt(1.5):mean():item()
  print(json.encode(out))
  return
end

local model = assert(lunette.load())
local out, seconds = {}, {}

-- The least of several, after one that packs weights and makes plans. Reading a number waits for the device.
local function timed(name, body)
  body()
  local best = math.huge
  for _ = 1, rounds do
    local start = lunette.clock()
    body()
    best = math.min(best, lunette.clock() - start)
  end
  seconds[name] = best
end

local noise, text = model:noise { seed = 7 }, model:encode("a cat and a dog")
local request = { prompt = "a cat and a dog", seed = 7, steps = 30, guidance = 7.5 }
local function traced()
  request.trace = true
  local drawn = model:generate(request)
  request.trace = nil
  return drawn
end
local function gradient()
  local c = text:clone():requires_grad_()
  return lunette.grad(model:denoise(noise, 500, c):pow(2):mean(), c)
end

local picture, drawn = model:generate(request), traced()
out.text, out.unet, out.gradient = text, model:denoise(noise, 500, text), gradient()
out.latents, out.image, out.map = picture.latents, picture.image:tensor(), drawn.trace:heatmap { token = 2 }
out.encoded = model:encode_image(picture.image)
tensor.save(numbers, out)

timed("unet call", function() model:denoise(noise, 500, text):sum():item() end)
timed("unet there and back", function() gradient():sum():item() end)
timed("vae decode", function() model:decode(noise):sum():item() end)
timed("picture of 30 steps", function() model:generate(request).latents:sum():item() end)
timed("the same with its trace", function() traced().latents:sum():item() end)
print(json.encode(seconds))
