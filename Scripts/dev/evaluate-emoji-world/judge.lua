-- How well the judge sees the held-out reference renders.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/judge.lua -- [count]
--
-- Presence: for each picture the labels (senses apart, accessories too) that are there against those that the judge names.
-- Mask: the intersection over union of each label's pixels in each picture, averaged over labels that are there. Colour: of
-- objects that the caption gave a colour.
local lunette = require "lunette"
local judge = require "emoji-world.judge"
local reference = require "emoji-world.reference"

local count = math.min(tonumber(arg[1]) or math.huge, reference.count())
local class = {}
for number, name in ipairs(reference.classes) do class[name] = number end

local right, wrong, missed, refused = 0, 0, 0, 0
local ious, weakest = {}, {}
local colour = { right = 0, all = 0 }
local texture = { right = 0, all = 0 }

local function expected(picture)
  local names = {}
  for _, object in ipairs(picture.objects) do
    names[object.label] = object
    if object.accessory then names[object.accessory] = object end
  end
  return names
end

local function note(counts, isRight)
  counts.all = counts.all + 1
  if isRight then counts.right = counts.right + 1 end
end

local colours = {}
for name in pairs((require "emoji-world.world").colours) do colours[name] = true end

for index = 1, math.tointeger(count) do
  local picture = reference.get(index)
  local names, masks = expected(picture), {}
  for _, object in ipairs(judge(picture.image)) do
    if object.kind == "none" then
      refused = refused + 1
    else
      local there = masks[object.label]
      masks[object.label] = there and there:maximum(object.mask) or object.mask
      local said = names[object.label]
      if said and said.label == object.label and said.adjective then
        if colours[said.adjective] then
          note(colour, object.color == said.adjective)
        else
          note(texture, object.texture == said.adjective)
        end
      end
    end
  end
  for name in lunette.spairs(masks) do
    if not names[name] then wrong = wrong + 1 end
  end
  for name in lunette.spairs(names) do
    local iou = 0
    if masks[name] then
      right = right + 1
      iou = lunette.metrics.iou(masks[name], picture.classes:eq(class[name]))
    else
      missed = missed + 1
    end
    ious[#ious + 1] = iou
    local of = weakest[name] or { sum = 0, n = 0 }
    of.sum, of.n = of.sum + iou, of.n + 1
    weakest[name] = of
  end
end

local precision, recall = right / (right + wrong), right / (right + missed)
local sum = 0
for _, iou in ipairs(ious) do sum = sum + iou end

print(("pictures %d, labels %d"):format(count, #ious))
print(("presence: precision %.4f, recall %.4f, F1 %.4f; %d objects refused"):format(
  precision, recall, 2 * precision * recall / (precision + recall), refused))
print(("mask mIoU %.4f"):format(sum / #ious))
print(("colour right in %d of %d, texture in %d of %d"):format(
  colour.right, colour.all, texture.right, texture.all))

local order = {}
for name, of in lunette.spairs(weakest) do order[#order + 1] = { name = name, iou = of.sum / of.n, n = of.n } end
table.sort(order, function(a, b) return a.iou < b.iou end)
local worst = {}
for i = 1, math.min(8, #order) do worst[i] = ("%s %.2f (%d)"):format(order[i].name, order[i].iou, order[i].n) end
print("weakest: " .. table.concat(worst, ", "))
