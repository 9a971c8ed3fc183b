-- Replay, patches, weighted maps and saved runs, on the built-in model where it is there.
local lunette = require "lunette"
local daam = require "daam"
local t = lunette.tensor

local model = lunette.load()
if not model then return require("lunette.test").skip("no model is at hand") end

local function same(a, b) return (t(a:tensor()) - b:tensor()):abs():max():item() == 0 end
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern, 1, true), ("expected '%s', got '%s'"):format(pattern,
    tostring(message)))
end

local seed, steps = 3, 4
local plain = model:generate{ prompt = "a red car", seed = seed, steps = steps, trace = true }

-- the same prompt with its own attention is the same picture, to the bit
local again = daam.replay(model, { prompt = "a red car", source = "a red car", seed = seed, steps = steps })
assert(same(again.images[1], again.images[2]), "a prompt with its own attention")

-- another attention is another picture, and no patch at all is none
local out = daam.replay(model, { prompt = "a red car", source = "a blue boat", seed = seed, steps = steps })
local other = daam.replay(model, { prompt = "a red car", source = "a blue boat", seed = seed, steps = steps }, {
  steps = 1 })
assert(not same(out.images[2], again.images[2]) and not same(out.images[2], other.images[2]))

local patched = daam.patch(model, { prompt = "a red car", source = "a blue boat", seed = seed, steps = steps }, {
  {}, { heads = { 1, 2 } }, { heads = { 1, 2, 3, 4 } }, { with = "mean" }, { layers = "unet.up_blocks.**",
    half = "cond" },
  { tokens = { 4 } }, { tokens = { { 4, 3 } } },
})
local pictures = patched.images
assert(#pictures == 9)
assert(same(pictures[3], out.images[2]), "all of it is a replay")
assert(same(pictures[3], pictures[5]), "all heads are all of it")
for i = 3, 9 do assert(not same(pictures[2], pictures[i]), ("patch %d changes something"):format(i - 2)) end
assert(not same(pictures[8], pictures[9]), "which token it comes from matters")

-- maps of the negative prompt
local negative = "a blue boat"
local guided = model:generate{
  prompt = "a red car", negative_prompt = negative, seed = seed, steps = steps, trace = { uncond = true },
}
local maps = daam.maps(guided, { negative = model:tokenize(negative) })
assert(maps:word("boat").map:min():item() >= 0)
assert(not pcall(maps.word, maps, "car"))
assert((maps:word("boat").map - daam.maps(guided):word("car").map):abs():max():item() > 0)

-- weighted by values: layers and tokens are those of a trace, the maps are others
for _, by in ipairs{ "values", "output" } do
  local done, weighted = pcall(daam.weighted, model, { prompt = "a red car", seed = seed, steps = steps }, { by = by })
  -- The output projections are read from the model's files, which a plugin's own test may not do.
  if by == "output" and not done and weighted:find("may only read", 1, true) then break end
  assert(done, weighted)
  local own, traced = daam.maps(weighted), daam.maps(plain)
  assert(own.keys == traced.keys and own.heat:size(1) == traced.heat:size(1))
  assert(own:word("car").map:min():item() >= 0 and (own.heat - traced.heat):abs():max():item() > 0)
  local paths = {}
  for _, layer in ipairs(traced.layers) do paths[layer.path] = true end
  for _, layer in ipairs(own.layers) do assert(paths[layer.path]) end
end

-- what A · ‖v‖ is, for one layer, head and token, by hand
do
  local path = plain.trace.layers[1].path
  local v, probs
  model:generate{ prompt = "a red car", seed = seed, steps = 1, hooks = {
    { path .. ".v", function(x, site)
      for i, row in ipairs(site.rows) do v = row.cond and x[i]:clone() or v end
    end },
    { path .. ".probs", function(x, site)
      for i, row in ipairs(site.rows) do probs = row.cond and x[i]:clone() or probs end
    end },
  } }
  local width = v:size(2) // probs:size(1)
  local length = v[{ 4, { width + 1, 2 * width } }]:norm():item()
  local expected = probs[{ 2, {}, 4 }] * length
  local found = daam.weighted(model, { prompt = "a red car", seed = seed, steps = 1 }).trace:probs(path)[{ 2, {}, 4 }]
  assert((found - expected):abs():max():item() < 1e-5 * expected:max():item() + 1e-7)
end

-- saved and read again
local path = (lunette.output_folder() or os.tmpname():match("^(.*)/")) .. "/run.safetensors"
local maps_of = daam.maps(plain)
daam.save(path, maps_of, { prompt = "a red car", seed = seed, image = plain.image })
local read, facts = assert(daam.load(path))
assert(facts.prompt == "a red car" and facts.seed == seed and facts.image:size(1) == plain.image:size(1))
assert((read:word("car").map - maps_of:word("car").map):abs():max():item() == 0)
assert(#read:words() == 3 and read:words()[2].word == "red")

assert(daam.load(path .. ".gone.safetensors") == nil)
fails("option 'source': a string expected, got nil", daam.replay, model, { prompt = "a car" })
fails("unknown option 'head'; did you mean 'heads'?", daam.replay, model, { prompt = "a", source = "b" }, { head = 1 })
fails("option 'with': one of 'source', 'mean' expected", daam.patch, model, { prompt = "a", source = "b" }, { {
  with = "zero" } })
fails("a list of patches expected", daam.patch, model, { prompt = "a", source = "b" }, {})
fails("option 'negative'", daam.maps, guided, { negative = "a boat" })
fails("option 'by'", daam.weighted, model, { prompt = "a" }, { by = "keys" })
fails("ends in .safetensors", daam.save, "run.npy", maps_of)
