-- Do the attention maps of nouns lie where the judge sees the nouns? Pictures of two nouns in which the judge finds both.
--
--   Scripts/lunette run Scripts/dev/evaluate-emoji-world/localisation.lua -- [wanted] [limit]
--
-- Goes on until `wanted` (200) pictures have both nouns, or `limit` (2000) were drawn. Each noun's DAAM map is compared with
-- the judge's mask: intersection over union above 0.4 of the maximum and above 0.4 of the min-max range, and pixel average
-- precision. Four baselines: the whole picture, a centred box of half the width, one layer's map chosen at random, the map of
-- the other noun. Then the same by layer, and how much of the attention each kind of token takes.
local lunette = require "lunette"
local daam = require "daam"
local captions = require "captions"
local drawing = require "drawing"
local intervals = require "intervals"

local t = lunette.tensor
local valid = 0 -- pictures so far that have both nouns
local wanted, limit = math.tointeger(tonumber(arg[1]) or 200), math.tointeger(tonumber(arg[2]) or 2000)
local size = 64

--- Mean of the precision at each pixel of the mask, pixels by falling score (scikit-learn's average_precision_score).
local function average_precision(map, mask)
  local _, order = map:flatten():sort(1, { descending = true })
  local hits = mask:flatten():index_select(1, order)
  local precision = hits:cumsum(1) / (t.arange(size * size) + 1)
  return ((precision * hits):sum() / hits:sum()):item()
end

local function scores(map, mask)
  local low, high = map:min(), map:max()
  return {
    max = lunette.metrics.iou(map:gt(high * 0.4), mask),
    minmax = lunette.metrics.iou((map - low):gt((high - low) * 0.4), mask),
    ap = average_precision(map, mask),
  }
end

local whole = t.ones { size, size }
local function centred_box()
  local from_middle = ((t.arange(size) + 0.5) / size - 0.5):abs()
  -- 1 inside the box of half the width, 0 outside, and a little more towards the middle, so that it ranks pixels.
  local nearest = from_middle:unsqueeze(1):expand { size, size }:maximum(from_middle:unsqueeze(2):expand { size, size })
  return nearest:lt(0.25) + (0.5 - nearest) * 0.1
end
local box = centred_box()

local function map_of(maps, noun) return maps:word(noun).map:resize(size, size, "bicubic") end

-- Name of a map to metric to one value for each picture, the mean over its two nouns.
local values, per_layer = {}, {}
local function note(table_, name, of_noun)
  table_[name] = table_[name] or { max = {}, minmax = {}, ap = {} }
  for metric, list in pairs(table_[name]) do
    list[valid] = (list[valid] or 0) + of_noun[metric] / 2
  end
end

local absorbed = { n = 0, bos = 0, article = 0, noun = 0, other = 0, eot = 0 }
local function kinds_of(tokens, pair)
  local kinds = {}
  for i, token in ipairs(tokens) do
    local text = tokens.words[token.word] -- some nouns take several tokens
    kinds[i] = i == 1 and "bos" or i == #tokens and "eot" or (text == "a" or text == "an") and "article"
      or (text == pair[1] or text == pair[2]) and "noun" or "other"
  end
  return kinds
end

local function note_absorbed(out, index, pair)
  local kinds = kinds_of(out.tokens[index], pair)
  for _, layer in ipairs(out.trace.layers) do
    local share = out.trace:probs(layer.path, { index = index }):mean { 1, 2 } / drawing.steps
    local seen = 0
    for i, kind in ipairs(kinds) do
      local value = share[i]:item()
      seen = seen + value
      absorbed[kind] = absorbed[kind] + value
    end
    absorbed.eot = absorbed.eot + 1 - seen -- the padding is end-of-text too
    absorbed.n = absorbed.n + 1
  end
end

local function compare(out, index, pair, objects)
  local maps = daam.maps(out, { index = index })
  local random = maps.layers[math.random(#maps.layers)].path
  local of_layer = {}
  for _, layer in ipairs(maps.layers) do
    of_layer[layer.path] = daam.maps(out, { index = index, layers = { layer.path } })
  end
  for k = 1, 2 do
    local noun, other = pair[k], pair[3 - k]
    local mask = drawing.find(objects, noun).mask
    local candidates = {
      ["DAAM"] = map_of(maps, noun), ["whole picture"] = whole, ["centred box"] = box,
      ["random layer"] = map_of(of_layer[random], noun), ["wrong word"] = map_of(maps, other),
    }
    for name, map in pairs(candidates) do note(values, name, scores(map, mask)) end
    for path, layer_maps in pairs(of_layer) do note(per_layer, path, scores(map_of(layer_maps, noun), mask)) end
  end
  note_absorbed(out, index, pair)
end

local function row(name, of)
  print(("%-46s %-30s %-30s %s"):format(name, intervals.text(intervals.mean(of.max)),
    intervals.text(intervals.mean(of.minmax)), intervals.text(intervals.mean(of.ap))))
end

local function lead(metric)
  local best, most
  for name, of in lunette.spairs(values) do
    local mean = lunette.stats.mean(of[metric])
    if name ~= "DAAM" and (not most or mean > most) then best, most = name, mean end
  end
  local differences = {}
  for i, value in ipairs(values["DAAM"][metric]) do differences[i] = value - values[best][metric][i] end
  print(("DAAM less %s, %s: %s"):format(best, metric, intervals.text(intervals.mean(differences))))
end

local model = assert(lunette.load())
local drawn, seed = 0, 3000
local pairs_ = captions.pairs(200, function(a, b) return not captions.held_out(a, b) end, 2)
while valid < wanted and drawn < limit do
  local jobs = {}
  for i = 1, math.min(drawing.batch, limit - drawn) do
    local pair = pairs_[(drawn + i - 1) % #pairs_ + 1]
    seed = seed + 1
    jobs[i] = { prompt = captions.pair(pair[1], pair[2]), pair = pair, seed = seed }
  end
  drawing.each(model, jobs, function(job, objects, _, out, index)
    if valid == wanted then return end
    drawn = drawn + 1
    if drawing.find(objects, job.pair[1]) and drawing.find(objects, job.pair[2]) then
      valid = valid + 1
      compare(out, index, job.pair, objects)
    end
  end, { trace = true })
end

print(("%d of %d pictures have both nouns; one value for each of them"):format(valid, drawn))
if valid > 0 then
  print(("%-46s %-30s %-30s %s"):format("map", "IoU at 0.4 max", "IoU at min-max 0.4", "average precision"))
  for name, of in lunette.spairs(values) do row(name, of) end
  for _, metric in ipairs { "max", "minmax", "ap" } do lead(metric) end
  print "by layer"
  for path, of in lunette.spairs(per_layer) do row(path, of) end
  print "share of the attention, mean over layers"
  for _, kind in ipairs { "bos", "article", "noun", "other", "eot" } do
    print(("  %-8s %.3f"):format(kind, absorbed[kind] / absorbed.n))
  end
end
