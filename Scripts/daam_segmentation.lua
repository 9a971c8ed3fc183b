-- %% [markdown]
-- # Do the maps of nouns lie on the nouns?
--
-- DAAM's first experiment (Tang et al., *What the DAAM*, ACL 2023): the map of a noun, cut at a threshold, against a mask of the
-- thing. The paper finds a mean IoU of 58.8 to 64.8 on pictures that Stable Diffusion 2 drew, with masks by hand. Here it is asked
-- twice. **Without any judge**: pictures whose masks are known are encoded, noised, and looked at by one call of the model. And on
-- pictures that the model draws, with a judge's masks, or yours.
--
-- A score says nothing by itself: a map that lights up the middle of every picture finds most things too. So what counts is the
-- margin over the best of five baselines. Trials are kept as JSON lines: an interrupted run goes on.
--
-- For another model, `--model DIRECTORY --set files=pictures.json` (Docs/attribution.md), and `--set scheduler=dpmsolver++` as in
-- the paper.

-- %% tags=["parameters"]
local renders = 200
local timesteps = { 200, 400, 600 }
local n = 100
local ablated = 12
local steps = 30
local guidance = 7.5
local scheduler = ""
local files = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local daam = require "daam"
local attribution = require "attribution"
local plot, image = lunette.plot, lunette.image
local report, estimate, segmentation = study.report, study.estimate, attribution.segmentation

local model = assert(lunette.load())
local words = study.words.of(model)
local judge = study.judge.open(model, { kind = "world" })
local given = files ~= "" and assert(attribution.masks.of_file(files)) or nil
if not given and not words.world then
  print("This model brings no pictures with masks: all that follows is empty. Name yours, --set files=pictures.json")
end
local trials = study.trials.open("daam_segmentation", {
  model = model.fingerprint, judge = judge and judge.identity, version = 1,
}, { size = 16 })

-- %% [markdown]
-- ## What is to be found out
--
-- Declared before anything is measured. The best baseline is the one that is best on one half of the nouns; margins are of the
-- other half. Intervals are drawn over nouns.

-- %%
local plan = study.plan{
  unit = "nouns",
  primary = {
    name = "judge-free margin, IoU at 0.4 max", smallest = 0.05, paper = "IoU 0.59 to 0.65; no baseline",
    digits = 3,
  },
  secondary = {
    { name = "judge-free margin, average precision", smallest = 0.05, digits = 3 },
    { name = "judge-free margin, IoU at the tuned threshold", smallest = 0.05, digits = 3 },
    { name = "drawn, likely prompts: margin, IoU at 0.4 max", smallest = 0.05, digits = 3 },
    { name = "drawn, likely prompts: margin, average precision", smallest = 0.05, digits = 3 },
    {
      name = "drawn: likely less swapped, average precision", smallest = 0.05, side = "either",
      paper = "59.4 to 64.8 against 58.8 to 60.4", digits = 3,
    },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Pictures that are there
--
-- Each is encoded, noised to t of 1000, and the model called once with its caption: the map is the cross-attention of that call.

-- %%
local pictures = {}
for _, one in ipairs(given or words.world and attribution.masks.of_reference(renders, model) or {}) do
  if one.image and next(one.objects) then pictures[#pictures + 1] = one end
end
local observations = segmentation.observations(segmentation.noised(model, {
  pictures = pictures, timesteps = timesteps, trials = trials, of = given and files or "renders",
}))
print(("%d pictures, %d nouns in them at %d timesteps"):format(#pictures, #observations, #timesteps))

local function nouns_of(list)
  local seen, nouns = {}, {}
  for _, one in ipairs(list) do
    if not seen[one.noun] then nouns[#nouns + 1], seen[one.noun] = one.noun, true end
  end
  table.sort(nouns)
  return nouns
end
local chosen_on = {}
for _, noun in ipairs((study.draws.halves(nouns_of(observations), 1))) do chosen_on[noun] = true end
local function half(list, first)
  local part = {}
  for _, one in ipairs(list) do
    if (chosen_on[one.noun] or false) == first then part[#part + 1] = one end
  end
  return part
end

local maps_in_order = { "DAAM", "random layer", "wrong word", "the word elsewhere", "centred box", "whole picture" }
local function table_of(list)
  local rows = {}
  for _, name in ipairs(maps_in_order) do
    local row = { name }
    for _, metric in ipairs{ "0.3", "0.4", "0.5", "minmax", "ap" } do
      local values, nouns = segmentation.column(list, name, metric)
      local found, reason = estimate.mean(values, nouns)
      row[#row + 1] = report.interval(found, reason, 3)
    end
    rows[#rows + 1] = row
  end
  return lunette.table(rows, {
    columns = { "map", "IoU 0.3 max", "IoU 0.4 max", "IoU 0.5 max", "IoU min-max 0.4", "average precision" },
  })
end
local by_timestep = {}
for _, one in ipairs(observations) do
  by_timestep[one.timestep] = by_timestep[one.timestep] or {}
  table.insert(by_timestep[one.timestep], one)
end
for _, timestep in ipairs(timesteps) do
  if by_timestep[timestep] then lunette.display(table_of(by_timestep[timestep]), {
    caption = ("t = %d"):format(timestep) }) end
end

local covers = {}
for i, one in ipairs(observations) do covers[i] = one.scores.DAAM.covers end
local whole = 0
for _, share in ipairs(covers) do whole = whole + (share > 0.99 and 1 or 0) end
if #covers > 0 then
  print(("0.4 of the maximum covers %.0f %% of the picture on average, and all of it in %d of %d maps."):format(
    100 * lunette.stats.mean(covers), whole, #covers))
end

-- %% [markdown]
-- ## The margin
--
-- The best baseline and the threshold are chosen on one half of the nouns; what follows is of the other half.

-- %%
local function margin(list, metric, own_metric)
  local chosen = segmentation.best_baseline(half(list, true), metric)
  if not chosen then return function() return nil, "none" end, "none" end
  local rest = half(list, false)
  local own, nouns = segmentation.column(rest, "DAAM", own_metric or metric)
  local other = segmentation.column(rest, chosen, metric)
  return function(opts) return estimate.paired(own, other, nouns, opts) end, chosen
end
local at_threshold, baseline = margin(observations, "0.4")
plan:answer("judge-free margin, IoU at 0.4 max", at_threshold)
local by_precision, ranking = margin(observations, "ap")
plan:answer("judge-free margin, average precision", by_precision)
local tuned = #observations > 0 and segmentation.best_threshold(half(observations, true)) or "0.4"
plan:answer("judge-free margin, IoU at the tuned threshold", (margin(observations, "0.4", tuned)))
print(("best baseline: by IoU '%s', by average precision '%s'; tuned threshold %s of the maximum"):format(baseline,
  ranking, tuned))

-- %% [markdown]
-- ## Pictures that the model draws
--
-- Likely prompts name two things that stood beside each other in captions (the paper's realistic ones); swapped ones put others in
-- their place, which never did. A noun that the judge does not find has no mask and is left out: how many, is part of the result.

-- %%
local prompts = {}
if given then
  for i, one in ipairs(given) do
    local nouns = {}
    for noun in lunette.spairs(one.objects) do nouns[#nouns + 1] = noun end
    if not one.image and #nouns > 0 then
      prompts[#prompts + 1] = { prompt = one.prompt, nouns = nouns, seed = one.seed or i, kind = one.kind
        or "likely", objects = one.objects }
    end
  end
elseif judge then
  local met, never = {}, {}
  for _, pair in ipairs(study.draws.sets(words.world.nouns, 2, 40 * n, 5)) do
    local list = study.words.met(words.world, pair[1], pair[2]) and met or never
    if #list < n then list[#list + 1] = pair end
  end
  for _, group in ipairs{ { "likely", met }, { "swapped", never } } do
    for i, pair in ipairs(group[2]) do
      prompts[#prompts + 1] = { prompt = study.words.joined(pair), nouns = pair, seed = i, kind = group[1] }
    end
  end
end
local drawn = segmentation.drawn(model, {
  prompts = prompts, steps = steps, guidance = guidance, scheduler = scheduler ~= "" and scheduler or nil,
    judge = judge,
  trials = trials,
})
local asked, missing = 0, 0
for i, one in ipairs(drawn) do asked, missing = asked + #prompts[i].nouns, missing + #one.missing end
if asked > 0 then
  print(("%d of %d nouns (%.1f %%) have no mask and are left out."):format(missing, asked, 100 * missing / asked))
end
local of_drawn = segmentation.observations(drawn)
local likely, swapped = {}, {}
for _, one in ipairs(of_drawn) do table.insert(one.kind == "likely" and likely or swapped, one) end
if #likely > 0 then lunette.display(table_of(likely), { caption = "likely prompts" }) end
if #swapped > 0 then lunette.display(table_of(swapped), { caption = "swapped prompts" }) end
plan:answer("drawn, likely prompts: margin, IoU at 0.4 max", (margin(likely, "0.4")))
plan:answer("drawn, likely prompts: margin, average precision", (margin(likely, "ap")))
plan:answer("drawn: likely less swapped, average precision", function(opts)
  local a, of_a = segmentation.column(likely, "DAAM", "ap")
  local b, of_b = segmentation.column(swapped, "DAAM", "ap")
  return estimate.difference(a, of_a, b, of_b, opts)
end)

-- %% [markdown]
-- ## Some maps and masks
--
-- Pictures, the map of a noun on it, and the mask.

-- %%
local shown, labels = {}, {}
for i = 1, math.min(4, #pictures) do
  local picture = image.new(pictures[i].image)
  local found = nil
  for _, one in ipairs(observations) do
    if not found and one.timestep == timesteps[1] and pictures[i].objects[one.noun] then
      local mask = pictures[i].objects[one.noun]
      if (mask - one.mask):abs():sum():item() == 0 then found = one end
    end
  end
  if found then
    local map = lunette.tensor(found.one.map):view{ found.one.height, found.one.width }
    local side = picture:size(1)
    map = map:resize(side, side, "bicubic")
    map = (map - map:min()) / (map:max() - map:min() + 1e-8)
    for _, one in ipairs{ picture, map:overlay(picture, {}),
      image.new(found.mask:unsqueeze(3) * 0.85 + picture:tensor() * 0.15) } do
      shown[#shown + 1] = one:resize(128, 128, "nearest")
    end
    for _, what in ipairs{ pictures[i].caption or pictures[i].prompt, found.noun,
      "mask" } do labels[#labels + 1] = what end
  end
end
if #shown > 0 then lunette.display(image.grid(shown, { columns = 6, labels = labels })) end

-- %% [markdown]
-- ## Which layers, heads and steps
--
-- Average precision of the map of a single head, layer by layer, and of a single layer by tenth of the run, over some of the drawn
-- pictures with the judge's masks.

-- %%
if judge and #prompts > 0 and ablated > 0 and not given then
  local some = table.move(prompts, 1, math.min(ablated, #prompts), 1, {})
  local results = trials:run((function()
    local keys = {}
    for i, one in ipairs(some) do
      keys[i] = { what = "ablation", prompt = one.prompt, nouns = one.nouns, seed = one.seed, steps = steps,
        guidance = guidance }
    end
    return keys
  end)(), function(part)
    local found = {}
    for k, key in ipairs(part) do
      local out = model:generate{
        prompt = key.prompt, seed = key.seed, steps = steps, guidance = guidance, trace = { steps = "each" },
      }
      local objects, result = {}, { heads = {}, steps = {} }
      for _, object in ipairs(judge.look(out.image)) do objects[object.noun] = objects[object.noun] or object.mask end
      local function precision(opts)
        local maps, sum, count = daam.maps(out, opts), 0, 0
        for _, noun in ipairs(key.nouns) do
          if objects[noun] then
            local map = maps:word(noun).map:resize(objects[noun]:size(1), objects[noun]:size(2), "bicubic")
            sum, count = sum + attribution.scores.average_precision(map, objects[noun]), count + 1
          end
        end
        return count > 0 and sum / count or false
      end
      for _, layer in ipairs(daam.maps(out).layers) do
        local heads, tenths = {}, {}
        for head = 1, layer.heads do heads[head] = precision{ layers = layer.path, heads = head } end
        local parts = math.min(10, steps)
        for part_ = 1, parts do
          tenths[part_] = precision{
            layers = layer.path, steps = { (part_ - 1) * steps // parts + 1, part_ * steps // parts },
          }
        end
        result.heads[layer.path], result.steps[layer.path] = heads, tenths
      end
      found[k] = result
    end
    return found
  end)
  for _, what in ipairs{ "heads", "steps" } do
    local z, names, columns = {}, {}, {}
    for path in lunette.spairs(results[1][what]) do
      local row = {}
      for place = 1, #results[1][what][path] do
        local values = {}
        for _, one in ipairs(results) do values[#values + 1] = one[what][path][place] or nil end
        row[place] = #values > 0 and lunette.stats.mean(values) or 0 / 0
        columns[place] = what == "heads" and ("head %d"):format(place) or ("part %d"):format(place)
      end
      z[#z + 1], names[#names + 1] = row, path:match("unet%.(.-)%.transformer") or path
    end
    lunette.display(plot.heatmap{
      z = z, x = columns, y = names, range = { 0, 1 }, values = true, width = 640, height = 120 + 26 * #z,
      title = what == "heads" and "Average precision by layer and head"
        or "Average precision by layer and part of the run",
    })
  end
end

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - The paper's figures are of another model, other pictures and masks by hand, and stand without a baseline.
-- - *0.4 of the maximum* depends on how flat a map is: where it covers the whole picture, IoU is that of the whole picture.
--   Average precision asks only whether the map ranks pixels rightly.
-- - A judge that was trained to find things in clean pictures gives the masks of drawn ones; the first part needs none.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
