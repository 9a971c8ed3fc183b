-- Scores, sentences and spreads that can be worked out in the head.
local lunette = require "lunette"
local attribution = require "attribution"
local t = lunette.tensor
local scores, conllu, syntax, semantics = attribution.scores, attribution.conllu, attribution.syntax,
  attribution.semantics

local function near(a, b, what) assert(math.abs(a - b) < 1e-5, ("%s: %g expected, got %g"):format(what, b, a)) end

-- a map that rises from left to right, a mask of its right half
local map = (t.arange(8) + 1):unsqueeze(1):expand{ 8, 8 }:contiguous()
local mask = map:gt(4)
local found = scores.of(map, mask, { 0.3, 0.5 })
near(found["0.5"], 1, "IoU at half of the maximum")
near(found["0.3"], 4 / 6, "IoU at 0.3")
near(found.ap, 1, "average precision of a map that ranks rightly")
near(found.covers, 5 / 8, "what 0.4 max covers")
assert(scores.average_precision(map * -1, mask) < 0.4)
-- one hit at rank 1 and one at rank 4: (1 + 2/4) / 2
near(scores.average_precision(t{ { 4, 3 }, { 2, 1 } }, t{ { 1, 0 }, { 0, 1 } }), 0.75, "average precision")
assert((scores.unpack(scores.pack(mask), 8, 8) - mask):abs():max():item() == 0)
local baselines = scores.baselines(8, 8)
near(baselines["whole picture"]:mean():item(), 1, "the whole picture")
assert(baselines["centred box"]:gt(1):sum():item() == 16)

-- sentences
local text = "# text = a red car\n1\ta\t_\tDET\t_\t_\t3\tdet\t_\t_\n2-3\tredcar\t_\t_\t_\t_\t_\t_\t_\t_\n"
  .. "2\tred\t_\tADJ\t_\t_\t3\tamod:x\t_\t_\n3\tcar\t_\tNOUN\t_\t_\t0\troot\t_\t_\n"
local sentences = assert(conllu.read(text))
assert(#sentences == 1 and sentences[1].text == "a red car" and #sentences[1].words == 3)
assert(sentences[1].words[2].relation == "amod" and sentences[1].words[2].head == 3)
local again = assert(conllu.read(conllu.write(sentences)))
assert(again[1].words[2].form == "red" and again[1].text == "a red car")
assert(conllu.read("1\ta\t_\tDET\n") == nil and conllu.read("1\ta\t_\tDET\t_\t_\t7\tdet\t_\t_\n") == nil)

-- overlap: a quarter inside a half
local quarter, half = t.zeros{ 10, 10 }, t.zeros{ 10, 10 }
quarter[{ { 1, 2 }, {} }] = 1
half[{ { 1, 2 }, {} }] = 1
half[{ { 3, 4 }, {} }] = 0.5
local overlap = syntax.overlap(quarter, half)
near(overlap["> 0.4 max"].iod, 1, "IoD")
near(overlap["> 0.4 max"].ioh, 0.5, "IoH")
near(overlap["> 0.4 max"].iou, 0.5, "IoU")
near(overlap["top 20 %"].lift, 5, "lift of the same fifth")
near(overlap["top 20 %"].iod, overlap["top 20 %"].ioh, "equal areas")

-- an edge, its control in the sentence, and the same relation elsewhere
local two = { text = "red car next blue ball", words = {
  { form = "red", upos = "ADJ", head = 2, relation = "amod" }, { form = "car", upos = "NOUN", head = 0,
    relation = "root" },
  { form = "next", upos = "ADP", head = 5, relation = "case" }, { form = "blue", upos = "ADJ", head = 5,
    relation = "amod" },
  { form = "ball", upos = "NOUN", head = 2, relation = "nmod" },
} }
local q, h = quarter:flatten():tolist(), half:flatten():tolist()
local rows = syntax.pairs({ two, two }, {
  { maps = { q, h, q, h, h }, height = 10, width = 10 }, { maps = { q, h, q, false, h }, height = 10, width = 10 },
})
assert(#rows == 5, "red–car, blue–ball, ball–car; in the second picture blue has no map")
assert(rows[1].relation == "amod" and rows[1].unlinked and rows[1].elsewhere == nil and rows[2].elsewhere)
assert(rows[3].relation == "nmod" and rows[3].unlinked == nil, "there is no unlinked pair of nouns")

-- spread: all of the change inside, outside, everywhere
local black, spot = t.zeros{ 20, 20, 3 }, t.zeros{ 20, 20 }
spot[{ { 8, 12 }, { 8, 12 } }] = 1
local inside, everywhere = black:clone(), black + 1
inside[{ { 8, 12 }, { 8, 12 }, {} }] = 1
near(semantics.spread(black, inside, spot), 0, "change inside")
near(semantics.spread(black, everywhere, spot), 1, "change everywhere alike")
near(semantics.spread(black, everywhere - inside, spot), 400 / 375, "change outside: the mask is grown by two pixels")
assert(semantics.spread(black, black, spot) == nil and semantics.spread(black, inside, t.ones{ 20, 20 }) == nil)

local within, across = semantics.pairs({ animal = { "cat", "dog", "owl" }, thing = { "key", "cup", "pen" } }, 3, 1)
assert(#within == 3 and #across == 3)
assert(#semantics.places({ { path = "x", heads = 4 }, { path = "y", heads = 2 } }, 30) == 18)
