-- The whole loss and its gradient with respect to the logits, against PyTorch's in double on the same weights, noise and Gumbel
-- draws (Scripts/dev/goldens/attack.py). arg[1] is the folder of the small models.
local lunette = require "lunette"
local attack = require "attack"
local folder = arg and arg[1]
if not folder then return require("lunette.test").skip("the small models are not at hand") end
local t = lunette.tensor

local tests = lunette.plugin and lunette.plugin.folder .. "/tests" or arg[0]:match("^(.*)/")
local golden = assert(t.load(tests .. "/gradient.safetensors"))
local cases = assert(lunette.json.load(tests .. "/gradient.json"))

local function options_of(name, case)
  local o = {}
  for key, value in pairs(case) do o[key] = value end
  o.model, o.perturb, o.free = nil, nil, nil
  o.clip = case.clip and assert(lunette.load_clip(folder .. "/" .. case.clip)) or nil
  o.language = case.language and tests .. "/" .. case.language or nil
  o.scheduler, o.guidance = "ddim", 7.5
  if case.free then
    o.positions = {}
    for i, position in ipairs(golden[name .. ".free"]:tolist()) do o.positions[i] = math.tointeger(position) end
  end
  return o
end

for name, case in lunette.spairs(cases) do
  local model = assert(lunette.load(case.model and folder .. "/" .. case.model or "emoji-world"))
  local found = attack.prepare(model, options_of(name, case))
  local free = golden[name .. ".free"]:tolist()
  assert(#free == #found.free, ("%s: %d free positions expected, got %d"):format(name, #free, #found.free))
  for i, position in ipairs(free) do assert(position == found.free[i], name .. ": free positions") end

  local noise = t.randn({ #free, model.vocabulary_size }, { seed = case.perturb })
  found.logits = (found.logits:detach() + noise * 2):requires_grad_()
  local loss = found:loss(1)
  local expected = golden[name .. ".loss"]:item()
  assert(math.abs(loss:item() - expected) <= 1e-3 * math.max(1, math.abs(expected)),
    ("%s: a loss of %g expected, got %g"):format(name, expected, loss:item()))

  local gradient = lunette.grad(loss, found.logits)
  local wanted = golden[name .. ".gradient"] * golden[name .. ".scale"]:item()
  local cosine = lunette.metrics.cosine(gradient:flatten(), wanted:flatten())
  local ratio = gradient:norm():item() / wanted:norm():item()
  assert(cosine >= 0.999, ("%s: the gradients' cosine is %g"):format(name, cosine))
  assert(math.abs(ratio - 1) < 5e-3, ("%s: the gradient is %g times as long"):format(name, ratio))
end
