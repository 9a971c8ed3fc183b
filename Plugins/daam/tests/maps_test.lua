-- What daam.maps selects and averages, and what it says when it cannot. Run by the plugin tests.
local daam = require "daam"
local fake = require "daam.tests.fake"

local function near(found, expected, what)
  assert(math.abs(found - expected) <= 1e-4 * math.max(1, math.abs(expected)),
    ("%s: expected %g, got %g"):format(what, expected, found))
end

local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "no error, expected: " .. pattern)
  message = tostring(message)
  assert(message:find(pattern, 1, true), ("expected '%s', got '%s'"):format(pattern, message))
end

local function value(map) return map.map:mean():item() end

local out = fake.out()

-- the mean over the (layer, head) maps: heads 1 2 of scale 1, 1 2 3 of scale 10, 1 2 of scale 100; two steps
local all = (1 + 2 + 10 * 6 + 100 * 3) / 7 * 2
local maps = daam.maps(out)
assert(maps.keys == 7 and #maps.layers == 3)
near(value(maps:token(1)), all, "BOS")
near(value(maps:token(8)), 8 * all, "EOT")
near(maps.heat:size(1), 8, "rows")

-- words: several tokens are one word, occurrences can be told apart, case does not matter
near(value(maps:word("cat")), 3 * all, "cat")
near(value(maps:word("acat")), 5.5 * all, "two tokens")
near(value(maps:word("CAT")), 3 * all, "case")
near(value(maps:word("a")), (2 + 7) / 2 * all, "all occurrences")
near(value(maps:word("a", { occurrence = 1 })), 2 * all, "first occurrence")
near(value(maps:word("a", { occurrence = 2 })), 7 * all, "second occurrence")
near(value(maps:word("cat and")), 3.5 * all, "two words")
local words = maps:words()
assert(#words == 5 and words[4].word == "aCat" and words[5].occurrence == 2 and words[2].occurrence == 1)

-- restrictions
near(value(daam.maps(out, { heads = 3 }):token(1)), 30 * 2, "head 3 is only in the second layer")
near(value(daam.maps(out, { heads = { 1, 2 } }):token(1)), (1 + 2 + 10 + 20 + 100 + 200) / 6 * 2, "heads 1 and 2")
near(value(daam.maps(out, { factors = 2 }):token(1)), 10 * 6 / 3 * 2, "factor 2")
near(value(daam.maps(out, { layers = "unet.up_blocks.**" }):token(1)), 150 * 2, "layers by pattern")
near(value(daam.maps(out, { layers = { "unet.*.0.**", "unet.up_blocks.**" } }):token(1)), (3 + 300) / 4 * 2, "patterns")
near(value(daam.maps(out, { steps = 2 }):token(1)), all / 2, "one step")
near(value(daam.maps(out, { steps = { 1, 2 } }):token(1)), all, "both steps")
local shares = daam.maps(out, { normalize = true })
near(value(shares:token(3)), 3 / (2 + 3 + 4 + 5 + 6 + 7), "share among the words")

-- masks: the two readings differ where the map is flat
local ramp = lunette.tensor.arange(64):view{ 8, 8 } + 64
local word = require("daam.word_map").new("ramp", ramp, { 1 })
local mask, reading = word:mask()
near(mask:mean():item(), 1, "everything exceeds 0.4 max")
assert(reading == "D > 0.4 max D", reading)
mask, reading = word:mask(0.5, { minmax = true })
near(mask:mean():item(), 0.5, "half of the stretched map")
assert(reading == "min-max normalised D > 0.5", reading)
near(word:iou(word), 1, "a word and itself")
near(word:iou(mask, { threshold = 0.5, minmax = true }), 1, "a word and its mask")
near(word:iou(mask), 0.5, "the whole picture and half of it")
local stats = word:stats(0.5)
near(stats.max, 127, "max")
assert(stats.y > 0.5 and stats.x > 0.5 and stats.y > stats.x, "centre of mass")
local big = word:expand(lunette.image.new(lunette.tensor.zeros{ 16, 24, 3 }))
near(big:min():item(), 0, "expanded from 0")
near(big:max():item(), 1, "to 1")
assert(big:size(1) == 16 and big:size(2) == 24)

-- errors name what is wrong and what there is
fails("'dog' is not in the prompt; its words are: a, cat, and, aCat", maps.word, maps, "dog")
fails("bad argument #1 to 'word' (string expected, got number)", maps.word, maps, 3)
fails("'cat' occurs once, there is no occurrence 2", maps.word, maps, "cat", { occurrence = 2 })
fails("unknown option 'ocurrence'; did you mean 'occurrence'?", maps.word, maps, "cat", { ocurrence = 2 })
fails("the prompt has the tokens 1 to 8, there is no token 9", maps.token, maps, 9)
fails("unknown option 'head'; did you mean 'heads'?", daam.maps, out, { head = 1 })
fails("option 'heads': no head 4; the layers have up to 3 heads", daam.maps, out, { heads = 4 })
fails("option 'heads': a positive integer or a list of them expected, got 0", daam.maps, out, { heads = 0 })
fails("option 'factors': no layer with factor 8; there are 1, 2", daam.maps, out, { factors = 8 })
fails("option 'layers': no layer matches 'unet.mid_block.**'; there are unet.down_blocks.0", daam.maps, out,
  { layers = "unet.mid_block.**" })
fails("option 'steps': the run has the steps 1 to 2, there is no step 3", daam.maps, out, { steps = { 2, 3 } })
fails("option 'steps': a step, or { first, last } with first <= last, expected", daam.maps, out, { steps = { 2, 1 } })
fails("there is no picture 2", daam.maps, out, { index = 2 })
fails("the run has no trace", daam.maps, { seeds = { 1 } })
fails("made from an embedding", daam.maps, fake.out{ tokens = { false } })
fails("bad argument #1 to 'maps' (result of model:generate expected, got nil)", daam.maps)
fails("threshold between 0 and 1 expected, got 2", word.mask, word, 2)
fails("image expected, got nil", word.expand, word)

-- a mistake is the caller's: the message carries the line of the call
local function here()
  local _, message = pcall(error, "", 3)
  return tonumber(message:match(":(%d+):"))
end
local line = here() + 1
local _, message = pcall(function() return daam.maps(out, { head = 1 }), 1 end)
assert(tostring(message):find((":%d:"):format(line), 1, true), message)
line = here() + 1
_, message = pcall(function() return daam.maps(out, { heads = 4 }), 1 end)
assert(tostring(message):find((":%d:"):format(line), 1, true), message)
line = here() + 1
_, message = pcall(function() return maps:word("dog"), 1 end)
assert(tostring(message):find((":%d:"):format(line), 1, true), message)
line = here() + 1
_, message = pcall(function() return word:mask(2), 1 end)
assert(tostring(message):find((":%d:"):format(line), 1, true), message)
