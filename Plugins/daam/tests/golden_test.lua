-- Maps of real runs against NumPy's, computed from the probabilities that diffusers recorded (Scripts/dev/goldens).
-- arg[1] is the folder of the reference files; arg[2] one model in it in place of the two small ones.
local lunette = require "lunette"
local daam = require "daam"
local folder = arg and arg[1]
if not folder then return require("lunette.test").skip("the reference files are not at hand") end

local function check(name, found, expected)
  for d = 1, expected:dim() do assert(found:size(d) == expected:size(d), name .. ": shape") end
  local difference = (found - expected):abs():max():item()
  assert(difference <= 1e-4, ("%s: differs by %g"):format(name, difference))
end

for _, name in ipairs(arg[2] and { arg[2] } or { "tiny-sd1", "tiny-sd2" }) do
  local model = assert(lunette.load(folder .. "/" .. name))
  local golden = assert(lunette.tensor.load(folder .. "/" .. name .. ".safetensors"))
  local steps = math.tointeger(golden["daam.steps"]:item())
  local out = model:generate{
    prompt = "a cat and a pistol", noise = golden["daam.noise"], steps = steps, guidance = 7.5, scheduler = "ddim",
    trace = { steps = "each" },
  }
  local maps = daam.maps(out)
  check("maps", maps.heat, golden["daam.maps"])
  check("one head", daam.maps(out, { heads = 2 }).heat, golden["daam.head2"])
  check("one factor", daam.maps(out, { factors = 2 }).heat, golden["daam.factor2"])
  check("late steps", daam.maps(out, { steps = { steps // 2 + 1, steps } }).heat, golden["daam.late"])
  check("last layer", daam.maps(out, { layers = maps.layers[#maps.layers].path }).heat, golden["daam.layer"])
  check("normalised", daam.maps(out, { normalize = true }).heat, golden["daam.normalized"])
  check("pistol", maps:word("pistol").map, golden["daam.word.pistol"])
  check("a", maps:word("a").map, golden["daam.word.a"])
  check("second a", maps:word("a", { occurrence = 2 }).map, golden["daam.word.a.2"])
  check("mask", maps:word("cat"):mask(0.4), golden["daam.mask"])
  check("stretched mask", maps:word("cat"):mask(0.4, { minmax = true }), golden["daam.mask.minmax"])
end
