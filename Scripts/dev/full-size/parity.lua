-- Lunette's side of the full-size comparison (Scripts/dev/parity full-size): a table of differences from what diffusers made of
-- the same model (reference.py).

-- %% tags=["parameters"]
local reference = "reference.safetensors"
local dtype = "f32"

-- %%
local lunette = require "lunette"
local daam = require "daam"
local golden = assert(lunette.tensor.load(reference))
local model = assert(lunette.load(nil, { dtype = dtype }))
local steps = math.tointeger(golden.steps:item())

local function row(what, value, limit, is_share)
  local fails = dtype == "f32" and (is_share and value < limit or not is_share and value > limit)
  print(("| %s | %s | %s | %s |"):format(
    dtype, what, is_share and ("%.2f%%"):format(100 * value) or ("%.1e"):format(value),
    (is_share and "≥ %d%%" or "≤ %.0e"):format(is_share and 100 * limit or limit) .. (fails and ", missed" or "")))
end

--- The largest difference over the largest value.
local function difference(found, expected)
  return ((found - expected):abs():max() / expected:abs():max()):item()
end

local texts = lunette.tensor.stack{ model:encode(""), model:encode("a cat and a pistol") }
row("text hidden states", difference(texts, golden.text), 1e-3)
row("one UNet call, 2 rows", difference(model:denoise(golden.sample, 500, golden.text), golden.prediction), 1e-3)
row("VAE decoding", difference((model:decode(golden.noise * 0.18215) * 2 - 1):permute(3, 1, 2), golden.picture), 1e-3)

local out = model:generate{
  prompt = "a cat and a pistol", noise = golden.noise, steps = steps, guidance = 7.5, scheduler = "ddim", trace = true,
}
row(("latents after %d steps"):format(steps), difference(out.latents, golden.latents), 1e-3)
local bytes = (out.image:tensor():clamp(0, 1) * 255):round()
row("bytes of the picture within 2", (bytes - golden.bytes):abs():le(2):mean():item(), 0.99, true)
row("DAAM maps of all tokens", difference(daam.maps(out).heat, golden.maps), 1e-3)
