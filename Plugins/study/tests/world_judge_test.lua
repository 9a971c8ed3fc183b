-- emoji-world's judge, asked as studies ask it, about renders whose objects are known.
local lunette = require "lunette"
local study = require "study"
local reference = lunette.extension("models", "emoji-world.reference")()

local judge = assert(study.judge.open({ name = "emoji-world" }))
assert(judge.locates and judge.clip == nil)

local function is_plain(object) return object.label == object.noun and not object.accessory end

local function absent_from(a, b)
  for _, noun in ipairs{ "pizza", "boat", "owl" } do
    if noun ~= a.noun and noun ~= b.noun then return noun end
  end
end

local pairs_seen, rightly, in_order = 0, 0, 0
for i = 1, reference.count() do
  local entry = reference.get(i)
  local a, b = entry.objects[1], entry.objects[2]
  if pairs_seen < 12 and #entry.objects == 2 and a.noun ~= b.noun and is_plain(a) and is_plain(b) then
    pairs_seen = pairs_seen + 1
    local seen = judge:presence(entry.image, { a.noun, b.noun, absent_from(a, b) })
    if seen[1].present and seen[2].present and not seen[3].present then
      rightly = rightly + 1
      assert(seen[1].area > 0.02 and seen[1].area < 0.5)
      local gap = a.box[1] + a.box[3] / 2 - b.box[1] - b.box[3] / 2
      if math.abs(gap) < 8 or (gap < 0) == (seen[1].x < seen[2].x) then in_order = in_order + 1 end
    end
  end
end
assert(pairs_seen == 12 and rightly >= 10, ("%d of %d pairs were seen rightly"):format(rightly, pairs_seen))
assert(in_order == rightly, "whose centre is left is left")

-- the senses of words that have two
local world = lunette.extension("models", "emoji-world.world")()
local asked, right = 0, 0
for i = 1, reference.count() do
  local picture = reference.get(i)
  for _, object in ipairs(picture.objects) do
    local polyseme = world.polysemes[object.noun]
    if polyseme then
      local senses = { { label = polyseme.senses[1] }, { label = polyseme.senses[2] } }
      local told = judge:sense(picture.image, object.noun, senses)
      asked = asked + 1
      if told.sense and senses[told.sense].label == object.label then right = right + 1 end
    end
  end
end
assert(asked >= 50 and right >= 0.95 * asked, ("%d of %d senses were named rightly"):format(right, asked))
