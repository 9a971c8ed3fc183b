-- Constructed cases whose answers are known.
local lunette = require "lunette"
local study = require "study"
local t, image = lunette.tensor, lunette.image
local measures, report = study.measures, study.report

local function near(a, b, what, tolerance)
  assert(math.abs(a - b) <= (tolerance or 1e-5), ("%s: %g expected, got %g"):format(what, b, a))
end

-- A map made by hand: one quarter of the picture, from (0, 0) to the middle.
local quarter = t.zeros{ 8, 8 }
quarter[{ { 1, 4 }, { 1, 4 } }] = 2
local found = measures.map(quarter)
near(found.mass, 0.5, "mass")
near(found.area, 0.25, "area")
near(found.x, 0.25, "x")
near(found.y, 0.25, "y")
near(measures.map(t.zeros{ 4, 4 }).mass, 0, "mass of nothing")

-- Overlap: the same, apart, half; what lies under everything does not count.
local right = t.zeros{ 8, 8 }
right[{ { 1, 4 }, { 5, 8 } }] = 1
local middle = t.zeros{ 8, 8 }
middle[{ { 1, 4 }, { 3, 6 } }] = 5
near(measures.overlap(quarter, quarter * 3 + 7), 1, "overlap with itself")
near(measures.overlap(quarter, right), 0, "overlap of maps apart")
near(measures.overlap(quarter, middle), 0.5, "overlap of half")

-- A picture that is shifted by one pixel changes in its details and not in what is coarse.
local stripes = t.zeros{ 64, 64, 3 }
for x = 1, 64, 4 do stripes[{ {}, { x, x + 1 }, {} }] = 1 end
local shifted = t.cat({ stripes:narrow(2, 64, 1), stripes:narrow(2, 1, 63) }, 2)
local moved = measures.change(image.new(stripes), image.new(shifted))
local same = measures.change(image.new(stripes), image.new(stripes))
near(same.ssim, 0, "change of nothing")
assert(moved.ssim > 0.5, "SSIM sees the shift")
near(moved.coarse, 0, "what is coarse stays", 1e-3)
assert(measures.low_pass(stripes, 4):size(1) == 16)

-- Half-times: linear from 0 to 1 in 11 steps is half way at step 6; a curve that jumps is half way in the jump.
local line = {}
for step = 1, 11 do line[step] = (step - 1) / 10 end
near(measures.half_time(line), 6, "half-time of a line")
near(measures.half_time{ 0.2, 0.2, 1, 1 }, 2.5, "half-time of a jump")
assert(measures.half_time{ 0.2, 0.1, 0.3 } == nil, "a curve that never rises")

-- Orders and sets.
local orders = study.draws.permutations{ "a", "b", "c" }
assert(#orders == 6 and table.concat(orders[1]) == "abc" and table.concat(orders[6]) == "cba")
local items = { "a", "b", "c", "d", "e" }
assert(#study.draws.sets(items, 2, 100, 1) == 10, "all pairs of five, each once")
local counts = {}
for _, set in ipairs(study.draws.sets(items, 2, 4, 3)) do
  for _, item in ipairs(set) do counts[item] = (counts[item] or 0) + 1 end
end
for item, count in pairs(counts) do assert(count <= 2, item .. " is drawn too often") end
assert(not pcall(study.draws.sets, { "a" }, 2, 1, 1))
local first, again = study.draws.sets(items, 3, 4, 7), study.draws.sets(items, 3, 4, 7)
for i = 1, 4 do assert(table.concat(first[i]) == table.concat(again[i]), "the same seed draws the same") end

-- Words.
assert(study.words.joined{ "cat", "owl" } == "a cat and an owl")
local tokens = { { position = 1 }, { position = 2, word = 1 }, { position = 3, word = 2 }, { position = 4, word = 2 } }
tokens.words = { "a", "Clogs" }
assert(study.words.row(tokens, "clogs") == 4 and study.words.row(tokens, "cat") == nil)

local facts = { held_out_pairs = { { "cat", "key" } } }
assert(study.words.met(facts, "key", "cat") == false and study.words.met(facts, "key", "owl") == true)
assert(study.words.met(nil, "key", "cat") == nil)
local by_category = study.words.of({ name = "somewhere" }, { animal = { "cat" }, thing = { "key", "pen" } })
assert(#by_category.nouns == 3 and by_category.category.pen == "thing" and by_category.source == "given")
assert(study.words.of({ name = "somewhere" }).source == "everyday nouns")
assert(not pcall(study.words.of, { name = "somewhere" }, "cat"))

-- Tables.
assert(report.interval{ estimate = 0.5, low = 0.25, high = 0.75 } == "0.50 [0.25, 0.75]")
assert(report.interval(nil, "none") == "– (none)")
assert(report.verdict({ estimate = 1, low = 0.5, high = 2 }, 0) == "agrees")
assert(report.verdict({ estimate = 1, low = 0.5, high = 2 }, 1) == "open" and report.verdict(nil, 0) == "empty")
assert(report.verdict({ estimate = 1, low = 0.5, high = 2 }, 3) == "disagrees")
assert(report.verdict({ estimate = 1, low = 0.5, high = 2 }, 0, 9) == "too few")
assert(report.verdict({ estimate = 1 }, 0) == "open", "one value alone says nothing")
assert(report.p(0.0001) == "< 0.001" and report.p(0.0421) == "0.042")
assert(report.share(0, 0) == nil)
assert(report.mean{ 1, 1, 1 }.low == 1)
near(report.clustered_mean{ { 1, 2 }, {}, { 3 } }.estimate, 2, "mean over clusters")
local value, reason = study.attempt(lunette.stats.spearman, { 1, 2, 3 }, { 1, 1, 1 })
assert(value == nil and reason:find("^a correlation needs numbers that differ"), reason)
assert(report.caveat(0, 10, "pairs"):find("empty"))

-- What decides the outcome has the coefficient, whatever its unit; what does not vary is left out.
local random = t.rand({ 200, 3 }, { seed = 5 })
local decides, idle, outcome, labels = {}, {}, {}, {}
for i = 1, 200 do
  decides[i], idle[i] = 1000 * random[{ i, 1 }]:item(), random[{ i, 2 }]:item()
  outcome[i], labels[i] = decides[i] / 1000 + 0.5 * random[{ i, 3 }]:item() > 0.75, i
end
local constant = {}
for i = 1, 200 do constant[i] = 7 end
local coefficients, fit = study.regression({ decides = decides, idle = idle, constant = constant }, outcome, labels)
assert(#coefficients == 2 and coefficients[1].name == "decides" and fit.n == 200)
assert(coefficients[1].low > 1 and coefficients[1].p < 0.001, "log odds per standard deviation")
assert(coefficients[2].low < 0 and coefficients[2].high > 0, "what does nothing has an interval around 0")
assert(select(2, study.regression({ constant = constant }, outcome, labels)) == "no predictor varies")

-- What a model's plugin brings, asked by the model's name; a model that brings nothing is no error.
assert(study.offered({ name = "emoji-world" }, "world").categories, "emoji-world has a world")
assert(study.offered({ name = "emoji-world" }, "portrait") == nil, "no such thing is brought")
assert(study.offered({ name = "study" }, "judge") == nil and study.offered({ name = "no/such model" }, "judge") == nil)
