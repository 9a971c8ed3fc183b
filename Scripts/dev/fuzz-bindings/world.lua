-- What the hostile values are made with: globals of the child, so that a call that is written down can be made again.
t, image = lunette.tensor, lunette.image
model = assert(lunette.load())
clip = model.clip or (os.getenv("FUZZ_CLIP") and lunette.load_clip(os.getenv("FUZZ_CLIP"))) or nil
out = model:generate{
  prompt = "a cat", seed = 1, steps = 2, trace = { self = true, uncond = true, steps = "each" },
  on_step = function(s) step = s end, on_step_end = function(s) step_end = s end,
}

function recursive() local x = {} x[1], x.x = x, x return x end
function sparse() local x = {} for i = 0, 40 do x[1 << i] = i end return x end
function deep(n) local x = {} for _ = 1, n do x = { x } end return x end
function wide(n) local x = {} for i = 1, n do x[i] = i end return x end
function failing(name) return setmetatable({ 1, 2 }, { [name] = function() error("hostile " .. name, 0) end }) end
function lying(name, value)
  return setmetatable({ 1, 2 }, { [name] = name == "__content" and value or function() return value end })
end
function own_content() local x = {} return setmetatable(x, { __content = x }) end
function own_index() local x = {} return setmetatable(x, { __index = x, __newindex = x }) end
function closed_tensor() local x = t{ 1, 2 } do local _ <close> = x end return x end
function closed_image() local x = image.new(t.ones{ 2, 2, 3 }) do local _ <close> = x end return x end
function closed_file() local f = io.tmpfile() f:close() return f end
function yielding(...) return coroutine.yield(...) end
local calls = 0
function endless() calls = calls + 1 if calls % 2000 == 0 then error("called two thousand times", 0) end return calls end
function optimizer() return lunette.optim.adam({ t.ones{ 2 }:requires_grad_() }, { lr = 0.1 }) end
plugins = {}
for name in (os.getenv("FUZZ_PLUGINS") or ""):gmatch("%S+") do
  local found, plugin = pcall(require, name)
  if found then plugins[name] = plugin end
end
