-- %% [markdown]
-- # What does one word do to another?
--
-- DAAM's third experiment (Tang et al., *What the DAAM*, ACL 2023). Kindred nouns ("a giraffe and a zebra") get in each other's
-- way: the paper finds both drawn in 52 % of cohyponym prompts and in 61 % of others. And adjectives spread: "a rusty shovel" makes
-- more than the shovel rusty. Here both are asked with controls, and then single heads of the attention are patched from one prompt
-- into another, to see which of them carry where things are.
--
-- `--set n=40` pairs of each kind, `--model DIRECTORY`, `--set clip=DIRECTORY`. Trials are kept as JSON lines.

-- %% tags=["parameters"]
local n = 40
local seeds = 4
local adjective_nouns = 12
local adjective_seeds = 3
local patch_cases = 2
local confirm_cases = 8
local top_heads = 6
local steps = 30
local guidance = 7.5
local nouns = {}
local clip = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local daam = require "daam"
local attribution = require "attribution"
local plot, image, stats = lunette.plot, lunette.image, lunette.stats
local report, estimate, semantics = study.report, study.estimate, attribution.semantics

local model = assert(lunette.load())
local words = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, { vocabulary = words.nouns, clip = clip }))
local eye = clip ~= "" and assert(lunette.load_clip(clip)) or model.clip
local trials = study.trials.open("daam_semantics", { model = model.fingerprint, judge = judge.identity, version = 1 })
print(("%s, judged by %s"):format(model.name, judge.name))

-- %% [markdown]
-- ## What is to be found out

-- %%
local plan = study.plan{
  unit = "nouns",
  primary = { name = "both drawn: kindred less other pairs", smallest = 0.05, side = "less",
    paper = "0.52 against 0.61" },
  secondary = {
    { name = "the same, at equal success alone and likeness", smallest = 0.05, side = "less", paper = "–" },
    { name = "spread of an adjective, with replay", null = 0, smallest = 0.1, paper = "more than the noun changes" },
    { name = "spread with replay less another wording's", smallest = 0.1, side = "either", paper = "no control" },
    { name = "moved by the chosen heads less by others", smallest = 0.05, paper = "–" },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Kindred nouns
--
-- Pairs within a category and across, every noun about equally often, the same seeds. Observations of two pairs that share a noun
-- are not independent: the interval is drawn over nouns.

-- %%
local categories = {}
for _, noun in ipairs(words.nouns) do
  local category = words.category[noun] or "given"
  categories[category] = categories[category] or {}
  table.insert(categories[category], noun)
end
local within, across = semantics.pairs(categories, n, 7)
local seed_list = study.draws.seeds(seeds)
local settings = { seeds = seed_list, steps = steps, guidance = guidance, judge = judge, trials = trials }
local function presence(sets)
  local opts = { sets = sets }
  for name, value in pairs(settings) do opts[name] = value end
  return semantics.presence(model, opts)
end
local function both_of(results)
  local yes, units = {}, {}
  for i, one in ipairs(results) do
    yes[i], units[i] = one.present[1] and one.present[2] and 1 or 0, one.nouns
  end
  return yes, units
end
local results = { within = presence(within), across = presence(across) }
local both_within, units_within = both_of(results.within)
local both_across, units_across = both_of(results.across)

local alone, singles, single_of = {}, {}, {}
for _, list in ipairs{ within, across } do
  for _, pair in ipairs(list) do
    for _, noun in ipairs(pair) do
      if not single_of[noun] then singles[#singles + 1], single_of[noun] = { noun }, true end
    end
  end
end
for _, one in ipairs(presence(singles)) do
  local noun = one.nouns[1]
  alone[noun] = (alone[noun] or 0) + (one.present[1] and 1 / seeds or 0)
end
local rows = {}
for _, group in ipairs{ { "kindred", both_within, units_within }, { "other", both_across, units_across } } do
  local answers = {}
  for i, one in ipairs(group[2]) do answers[i] = one == 1 end
  rows[#rows + 1] = {
    group[1], #answers, report.interval(estimate.share(answers, group[3])), judge.name,
  }
end
lunette.display(lunette.table(rows, { columns = { "pairs", "pictures", "both drawn [95 %, over nouns]", "judge" } }))
plan:answer("both drawn: kindred less other pairs", function(opts)
  return estimate.difference(both_within, units_within, both_across, units_across, opts)
end)

-- %% [markdown]
-- Kindred nouns may be harder to draw, or look alike: a regression of *both drawn* on being kindred, on how often the two are drawn
-- alone, and on how alike CLIP finds the two words.

-- %%
plan:answer("the same, at equal success alone and likeness", function(opts)
  if not eye then return nil, "there is no CLIP" end
  local texts = {}
  local function text(noun)
    texts[noun] = texts[noun] or eye:text(study.words.with_article(noun))
    return texts[noun]
  end
  local x, y, units = { kindred = {}, alone = {}, likeness = {} }, {}, {}
  for _, list in ipairs{ { results.within, 1 }, { results.across, 0 } } do
    for _, one in ipairs(list[1]) do
      local a, b = one.nouns[1], one.nouns[2]
      y[#y + 1], units[#units + 1] = one.present[1] and one.present[2] and 1 or 0, one.nouns
      table.insert(x.kindred, list[2])
      table.insert(x.alone, alone[a] * alone[b])
      table.insert(x.likeness, (text(a) * text(b)):sum():item())
    end
  end
  local function varies(values) return stats.sd(values) > 1e-9 end
  if not varies(x.alone) then x.alone = nil end
  local fit, reason = study.attempt(stats.linear_regression, x, y, { clusters = units, level = opts.level })
  if not fit then return nil, reason end
  for _, one in ipairs(fit.coefficients) do
    if one.name == "kindred" then return one end
  end
end)

-- %% [markdown]
-- ## Adjectives that spread
--
-- The same noun and noise with another colour, drawn with the attention of the first (replay). *Spread* is how much of the change
-- falls outside of the noun, as a share of what would fall there if the picture changed everywhere alike: 0 none of it, 1 by
-- chance. Beside it the same without replay, and what another wording of the same prompt changes.

-- %%
local spreads
if judge.locates and words.world then
  local cases, colours = {}, { "red", "blue", "green", "purple" }
  for i, noun in ipairs(words.world.describable) do
    if i <= adjective_nouns then
      cases[#cases + 1] = { noun = noun, from = colours[1 + i % 4], to = colours[1 + (i + 1) % 4] }
    end
  end
  spreads = semantics.adjectives(model, {
    cases = cases, seeds = study.draws.seeds(adjective_seeds), steps = steps, guidance = guidance, judge = judge,
      trials = trials,
  })
  local columns, of = { replay = {}, plain = {}, template = {} }, {}
  for i, one in ipairs(spreads) do
    of[i] = one.noun
    for name, values in pairs(columns) do values[i] = one[name] end
  end
  local shown = {}
  for i, line in ipairs{
    { "another colour, with replay", "replay" }, { "another colour, without", "plain" }, { "another wording",
      "template" },
  } do
    local found, reason = estimate.mean(columns[line[2]], of)
    local count = found and found.n or 0
    shown[i] = { line[1], count, #of - count, report.interval(found, reason) }
  end
  lunette.display(lunette.table(shown, {
    columns = { "change", "pictures", "noun not found", "spread [95 %, over nouns]" },
  }))
  plan:answer("spread of an adjective, with replay", function(opts) return estimate.mean(columns.replay, of, opts) end)
  plan:answer("spread with replay less another wording's", function(opts)
    return estimate.paired(columns.replay, columns.template, of, opts)
  end)

  local pictures, labels = {}, {}
  for i = 1, math.min(4, #cases) do
    local case = cases[i]
    local out = daam.replay(model, {
      prompt = study.words.with_article(case.to .. " " .. case.noun),
      source = study.words.with_article(case.from .. " " .. case.noun), seed = 1, steps = steps, guidance = guidance,
    })
    for k = 1, 2 do
      pictures[#pictures + 1] = out.images[k]:resize(128, 128, "nearest")
      labels[#labels + 1] = ("%s %s"):format(k == 1 and case.from or case.to, case.noun)
    end
  end
  lunette.display(image.grid(pictures, { columns = 4, labels = labels }))
else
  print("The judge does not say where things are: adjectives are left out.")
end

-- %% [markdown]
-- ## Which heads carry the layout
--
-- "an A and a B" is drawn with the attention that one head has, in one layer and one third of the run, for "a B and an A" from the
-- same noise. How far does that bring the picture to the other one: (m_patch − m_B) / (m_A − m_B), m being the likeness to the
-- other picture by what is coarse in both. The heads that move most on some pairs are then patched together on *other* nouns,
-- against as many others, the same heads' mean attention (ablation), and another prompt's.

-- %%
local layers = {}
local probe = model:generate{ prompt = "a", seed = 1, steps = 1, trace = true }
for _, layer in ipairs(probe.trace.layers) do
  if layer.kind == "cross" then layers[#layers + 1] = layer end
end
local places = semantics.places(layers, steps)
local function cases_of(first, count, far)
  local sets = study.draws.sets(words.nouns, 2, first + count - 1, 11)
  local list = {}
  for i = first, math.min(#sets, first + count - 1) do
    local a, b = sets[i][1], sets[i][2]
    local source = far and sets[i % #sets + 1] or { b, a }
    list[#list + 1] = { prompt = study.words.joined{ a, b }, source = study.words.joined(source), seed = i,
      pair = sets[i] }
  end
  return list
end
local function patched(cases, patches, label)
  return semantics.patched(model, {
    cases = cases, patches = patches, label = label, steps = steps, guidance = guidance, trials = trials,
  })
end
local found = patched(cases_of(1, patch_cases), places, "single")
local means = {}
for i = 1, #places do
  local sum = 0
  for _, one in ipairs(found) do sum = sum + one.moved[i] / #found end
  means[i] = sum
end
local z, names, at, thirds = {}, {}, 0, math.min(3, steps)
for _, layer in ipairs(layers) do
  for third = 1, thirds do
    local row = {}
    for head = 1, layer.heads do
      row[head] = math.floor(100 * means[at + (head - 1) * thirds + third] + 0.5) / 100
    end
    z[#z + 1] = row
    names[#names + 1] = ("%s, third %d"):format(layer.path:match("unet%.(.-)%.transformer") or layer.path, third)
  end
  at = at + thirds * layer.heads
end
local heads = {}
for head = 1, #z[1] do heads[head] = ("head %d"):format(head) end
lunette.display(plot.heatmap{
  z = z, x = heads, y = names, values = true, width = 640, height = 120 + 22 * #z,
    range = { -0.5, 0.5 }, title = "How far one head moves the picture",
})

-- %%
local order = {}
for i = 1, #places do order[i] = i end
table.sort(order, function(a, b)
  if means[a] ~= means[b] then return means[a] > means[b] end
  return a < b
end)
local function together(indices, with)
  local list = {}
  for i, index in ipairs(indices) do
    local place = places[index]
    list[i] = { layers = place.layers, heads = place.heads, steps = place.steps, with = with }
  end
  return list
end
local chosen, others = {}, {}
for i = 1, math.min(top_heads, #order // 2) do chosen[i] = order[i] end
local shuffled = lunette.tensor.randperm(#order - #chosen, { seed = 3 }):tolist()
for i = 1, #chosen do others[i] = order[#chosen + math.tointeger(shuffled[i])] end
local sets = { { together(chosen), together(others), together(chosen, "mean") }, { together(chosen) } }
local confirm = cases_of(patch_cases + 1, confirm_cases)
local near = patched(confirm, sets[1], "sets " .. table.concat(chosen, ","))
local far = patched(cases_of(patch_cases + 1, confirm_cases, true), sets[2], "far " .. table.concat(chosen, ","))
local moved, units = { {}, {}, {}, {} }, {}
for i, one in ipairs(near) do
  units[i] = confirm[i].pair
  for k = 1, 3 do moved[k][i] = one.moved[k] end
  moved[4][i] = far[i].moved[1]
end
local moves = {}
for k, name in ipairs{ "the chosen heads", "as many others", "the chosen heads' mean (ablation)",
  "the chosen heads, from another prompt" } do
  moves[k] = { name, #near, report.interval(estimate.mean(moved[k], units)) }
end
lunette.display(lunette.table(moves, { columns = { "patched on other nouns", "pairs", "moved [95 %, over nouns]" } }))
plan:answer("moved by the chosen heads less by others", function(opts) return estimate.paired(moved[1], moved[2],
  units, opts) end)

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - The judge's kindness is the same for both kinds of pairs, as far as we know: it may hide losses of both.
-- - Spread is of the change, not of the colour: what moves or is drawn anew counts as change.
-- - A head that moves the picture towards the other order carries some of *where*; it need not be the only one that does. Where
--   both orders give nearly the same picture there is next to nothing to move, and the share is large for no reason.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
