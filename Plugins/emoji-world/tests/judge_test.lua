-- The judge's network against PyTorch's on the same pictures (Scripts/dev/goldens/judge.py), and what it says of them.
local lunette = require "lunette"
local judge = require "emoji-world.judge"
local network = require "emoji-world.judge.network"
local reference = require "emoji-world.reference"

local tests = lunette.plugin and lunette.plugin.folder .. "/tests" or arg[0]:match("^(.*)/")
local golden = assert(lunette.tensor.load(tests .. "/judge.safetensors"))

for k = 1, golden.index:size(1) do
  local picture = reference.get(math.tointeger(golden.index[k]:item()))
  local classes, textures = network.logits(picture.image)
  local logits = lunette.tensor.cat({ classes, textures }, 1)
  -- Every eighth pixel of each row and column.
  local some = lunette.tensor.arange(8) * 8 + 4
  local found = logits:index_select(2, some):index_select(3, some)
  local difference = (found - golden.logits[k]):abs():max():item()
  assert(difference < 2e-3, ("picture %d: logits differ by %g"):format(k, difference))
  assert(classes:argmax(1):eq(golden.classes[k] + 1):mean():item() > 0.999, "classes of pixels")

  local objects = judge(picture.image)
  for _, object in ipairs(picture.objects) do
    assert(judge.has(objects, object.label), ("%s is not found in '%s'"):format(object.label, picture.caption))
  end
  assert(#judge(picture.image, { area = 5000 }) == 0)
end

local plain = lunette.tensor.full({ 64, 64, 3 }, 0.9)
assert(#judge(plain) == 0)

local function fails(message, ...)
  local done, found = pcall(judge, ...)
  assert(not done and tostring(found):find(message, 1, true), tostring(found))
end
fails("picture of 64 × 64 pixels expected", lunette.tensor.zeros { 32, 32, 3 })
fails("picture of 64 × 64 pixels expected", nil)
fails("unknown option 'areas'", plain, { areas = 3 })
fails("confidence must be a number", plain, { confidence = "high" })
