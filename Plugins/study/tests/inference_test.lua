-- Plans, verdicts and intervals over units, on data made so that each answer is known.
local lunette = require "lunette"
local study = require "study"
local estimate, verdict = study.estimate, study.verdict

-- Each of the four words, from the mean of twelve nouns of three pictures each.
local function means_around(centre, spread)
  local x, nouns = {}, {}
  for noun = 1, 12 do
    for picture = 1, 3 do
      x[#x + 1], nouns[#nouns + 1] = centre + spread * ((noun % 4) - 1.5) + 0.01 * picture - 0.02, "noun " .. noun
    end
  end
  return estimate.mean(x, nouns)
end
local claim = { smallest = 0.1 }
assert(verdict(means_around(0.3, 0.1), claim) == "agrees")
assert(verdict(means_around(-0.3, 0.1), claim) == "disagrees")
assert(verdict(means_around(0.01, 0.02), claim) == "too small to matter")
assert(verdict(means_around(0.05, 0.4), claim) == "open")
assert(verdict(means_around(-0.09, 0.1), claim) == "disagrees", "short of what matters on the claim's side")
assert(verdict(means_around(-0.3, 0.1), { smallest = 0.1, side = "less" }) == "agrees")
assert(verdict(means_around(-0.3, 0.1), { smallest = 0.1, side = "either" }) == "agrees")
assert(verdict(means_around(0.8, 0.1), { smallest = 0.1, null = 0.5 }) == "agrees")
for _, centre in ipairs{ 0.01, 0.3, -0.3 } do
  assert(verdict(means_around(centre, 0.0), claim) == "open", "nouns that are all alike do not say how nouns differ")
end
assert(verdict(nil, claim) == "empty" and verdict({ estimate = 1 }, claim) == "empty")

-- A unit matters: the same pictures as if each were a noun of its own have a narrower interval.
local x, nouns, places = {}, {}, {}
for i = 1, 40 do x[i], nouns[i], places[i] = (i - 1) // 8, (i - 1) // 8, i end
local over_nouns, over_pictures = estimate.mean(x, nouns), estimate.mean(x, places)
assert(over_nouns.high - over_nouns.low > 2 * (over_pictures.high - over_pictures.low))
assert(over_nouns.clusters == 5 and over_pictures.clusters == 40)
-- What is missing is left out with its unit.
assert(estimate.mean({ 1, nil, 3, 0 / 0 }, { "a", "b", "c", "d" }).clusters == 2)
assert(select(2, estimate.mean({}, {})) == "none")
assert(select(2, estimate.mean({ 1, 2 }, { "a", "a" })):find("at least 2 clusters expected"))
assert(estimate.paired({ 1, 2, 3 }, { 0, nil, 1 }, { "a", "b", "c" }).estimate == 1.5)
assert(estimate.share({ true, false, nil, true }, { 1, 2, 3, 4 }).n == 3)
assert(estimate.difference({ 1, 2 }, { "a", "b" }, { 5, 6 }, { "a", "b" }).estimate == -4)

-- A judge that says yes to all is put right by an eye that does so to three of four.
local labelled, answers, units = {}, {}, {}
for i = 1, 40 do labelled[i] = { eye = i % 4 ~= 0, judge = true, unit = i // 2 } end
for i = 1, 100 do answers[i], units[i] = true, i // 5 end
local right = estimate.corrected(labelled, answers, units)
assert(math.abs(right.estimate - 0.75) < 1e-9 and right.low < 0.75 and right.high > 0.75 and right.high < 1)

-- Plans: what was not declared cannot be answered, nor twice; the others share one error.
local plan = study.plan{
  unit = "nouns", primary = { name = "a", smallest = 0.1 },
  secondary = { { name = "b", smallest = 0.1 }, { name = "c", smallest = 0.2, side = "either", paper = "yes" } },
}
assert(plan:level_of("a") == 0.95 and math.abs(plan:level_of("b") - 0.95 ^ 0.5) < 1e-9)
local level
local answered = plan:answer("b", function(opts)
  level = opts.level
  return { estimate = 1, low = 0.5, high = 2 }
end)
assert(tostring(answered) == "b: 1.00 [0.50, 2.00] (agrees)" and answered.low == 0.5, tostring(answered))
assert(level == plan:level_of("b") and plan:verdict("b") == "agrees" and plan:verdict("a") == nil)
assert(not pcall(plan.answer, plan, "b", function() end) and not pcall(plan.answer, plan, "d", function() end))
plan:answer("c", function() return nil, "none" end)
assert(plan:verdict("c") == "empty")
assert(tostring(lunette.json.encode(plan.answers)) and plan:declaration() and plan:findings())
for _, wrong in ipairs{
  {}, { unit = "nouns", primary = { name = "a" } }, { unit = "nouns", primary = { name = "a", smallest = 1,
    colour = 2 } },
  { unit = "nouns", primary = { name = "a", smallest = 1, side = "left" } },
  { unit = "nouns", primary = { name = "a", smallest = 1 }, secondary = { { name = "a", smallest = 1 } } },
} do
  assert(not pcall(study.plan, wrong))
end

-- Halves have everything once, and are the same again.
local items = { "a", "b", "c", "d", "e" }
local first, second = study.draws.halves(items, 3)
assert(#first == 3 and #second == 2)
local seen = {}
for _, list in ipairs{ first, second } do
  for _, item in ipairs(list) do seen[item] = (seen[item] or 0) + 1 end
end
for _, item in ipairs(items) do assert(seen[item] == 1) end
assert(table.concat(first) == table.concat((study.draws.halves(items, 3))))

-- Nulls ask for the same nouns in the same order.
for _, other in ipairs(study.nulls.rewordings{ "cat", "owl" }) do
  assert(other.prompt:find("cat") < other.prompt:find("owl") and other.prompt ~= "a cat and an owl")
end
