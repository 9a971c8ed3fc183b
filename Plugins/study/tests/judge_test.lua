-- CLIP's rules, on a CLIP that sees what it is told.
local study = require "study"
local t = require("lunette").tensor

-- pictures and texts are vectors over { cat, dog, owl }; a picture is the vector itself
local axes = {
  ["a photo of a cat"] = t{ 1, 0, 0 }, ["a photo of a dog"] = t{ 0, 1, 0 }, ["a photo of an owl"] = t{ 0, 0, 1 },
}
local clip = { logit_scale = 100 }
function clip.image(_, picture) return picture end
function clip.text(_, text) return assert(axes[text], text) end

local model = { name = "somewhere", clip = clip }
local judge = assert(study.judge.open(model, { vocabulary = { "cat", "dog", "owl" } }))
assert(judge.name == "own CLIP" and not judge.locates)

local other = assert(study.judge.open(model, { vocabulary = { "cat", "owl", "dog" } }))
assert(judge.identity ~= other.identity, "answers among other words are other answers")

local one = judge:presence(t{ 0.9, 0.1, 0.2 }, { "cat" })
assert(one[1].present and math.abs(one[1].confidence - 0.9) < 1e-6)
local two = judge:presence(t{ 0.9, 0.1, 0.2 }, { "dog", "cat" })
assert(not two[1].present and two[2].present, "the dog is third of three")

axes.feline, axes.canine = t{ 1, 0, 0 }, t{ 0, 1, 0 }
local sense = judge:sense(t{ 0.1, 0.9, 0 }, "pet", {
  { label = "cat", description = "feline" }, { label = "dog", description = "canine" },
})
assert(sense.sense == 2 and math.type(sense.confidence) == "float" and sense.confidence > 0.99)

local by_example = judge:sense(t{ 0.1, 0.9, 0 }, "pet", {
  { label = "cat", description = "canine", examples = { t{ 1, 0, 0 }, t{ 0.8, 0, 0.6 } } },
  { label = "dog", description = "feline", examples = { t{ 0, 1, 0 } } },
})
assert(by_example.sense == 2, "examples go before descriptions")
local mean = study.sense_vector(clip, { examples = { t{ 1, 0, 0 }, t{ 0, 1, 0 }, t{ 0, 0, 1 } } }, 3)
assert(math.abs(mean[1]:item() - math.sqrt(0.5)) < 1e-6 and mean[3]:item() == 0, "without the third")

local none, reason = study.judge.open({ name = "somewhere" })
assert(none == nil and reason:find("%-%-set clip=DIRECTORY"), reason)
assert(study.judge.open(model, { kind = "world" }) == nil)
assert(select(2, study.judge.open({ name = "x" }, { clip = "/nowhere" })):find("/nowhere"))
