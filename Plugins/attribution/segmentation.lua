-- Maps of nouns against masks of what they name: of pictures that are there already, noised and looked at once, and of
-- pictures that the model draws.
local daam = require "daam"
local lunette = require "lunette"
local scores = require "attribution.scores"
local study = require "study"

local t = lunette.tensor
local segmentation = { thresholds = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 } }

local function numbers(map) return map:flatten():tolist() end

-- the maps of each noun: DAAM's, one layer's by chance, another word's; and what the mask is
local function looked_at(out, nouns, objects, index, chance)
  local maps, found = daam.maps(out, { index = index }), {}
  local layer = maps.layers[1 + chance % #maps.layers].path
  local of_layer = daam.maps(out, { index = index, layers = layer })
  for i, noun in ipairs(nouns) do
    local mask = objects[noun]
    local wrong = nouns[i % #nouns + 1]
    if mask then
      local candidates = { DAAM = maps:word(noun).map, ["random layer"] = of_layer:word(noun).map }
      if wrong ~= noun then candidates["wrong word"] = maps:word(wrong).map end
      local own = candidates.DAAM
      found[#found + 1] = {
        noun = noun, map = numbers(own), height = own:size(1), width = own:size(2), mask = scores.pack(mask),
        mask_height = mask:size(1), mask_width = mask:size(2), scores = {},
      }
      for name, baseline in pairs(scores.baselines(mask:size(1), mask:size(2))) do candidates[name] = baseline end
      for name, map in pairs(candidates) do
        found[#found].scores[name] = scores.of(map, mask, segmentation.thresholds)
      end
    end
  end
  return found
end

local function names(objects)
  local list = {}
  for noun in lunette.spairs(objects) do list[#list + 1] = noun end
  return list
end

--- Pictures that are there: encoded, noised to each timestep, looked at by one call of the model. No judge says anything here.
-- @param opts pictures (of masks.of_reference or of_file), timesteps, trials, of (what the pictures are, for the keys)
-- @return a list of { timestep, picture, nouns = { { noun, map, mask, scores = { by map } } } }
function segmentation.noised(model, opts)
  local keys, pictures = {}, {}
  for i, picture in ipairs(opts.pictures) do
    for _, timestep in ipairs(opts.timesteps) do
      keys[#keys + 1] = { what = "noised", of = opts.of, picture = i, timestep = timestep }
      pictures[i] = picture
    end
  end
  local alphas = segmentation.alphas(model)
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local picture = pictures[key.picture]
      local prompt = picture.caption or picture.prompt
      local clean = model:encode_image(picture.image)
      local noise = model:noise{ seed = key.picture, width = picture.image:size(2), height = picture.image:size(1) }
      local alpha = alphas(key.timestep)
      local _, trace = model:denoise(
        clean * math.sqrt(alpha) + noise * math.sqrt(1 - alpha), key.timestep, model:encode(prompt), { trace = true })
      local out = { trace = trace, tokens = { model:tokenize(prompt) }, seeds = { key.picture } }
      results[i] = {
        timestep = key.timestep, picture = key.picture,
        nouns = looked_at(out, names(picture.objects), picture.objects, 1, key.picture),
      }
    end
    return results
  end)
end

--- ᾱ at a timestep, by the model's own schedule of noise.
function segmentation.alphas(model)
  local config = lunette.json.load(model.path .. "/scheduler/scheduler_config.json") or {}
  local first, last = config.beta_start or 0.00085, config.beta_end or 0.012
  local count, kind = config.num_train_timesteps or 1000, config.beta_schedule or "scaled_linear"
  local list, product = {}, 1
  for i = 0, count - 1 do
    local share = i / (count - 1)
    local beta = kind == "linear" and first + (last - first) * share
      or (math.sqrt(first) + (math.sqrt(last) - math.sqrt(first)) * share) ^ 2
    product = product * (1 - beta)
    list[i] = product
  end
  return function(timestep) return list[timestep] end
end

--- Pictures that the model draws, with the judge's masks or yours.
-- @param opts prompts (a list of { prompt, nouns, seed, kind, objects or nil }), steps, guidance, scheduler, judge, trials
-- @return a list of { kind, nouns = as above, missing = nouns that the judge did not find }
function segmentation.drawn(model, opts)
  local keys, given = {}, {}
  for i, one in ipairs(opts.prompts) do
    keys[i] = {
      what = "drawn", prompt = one.prompt, seed = one.seed, nouns = one.nouns, kind = one.kind, steps = opts.steps,
      guidance = opts.guidance, scheduler = opts.scheduler, given = one.objects and true or nil,
    }
    given[one.prompt .. "\0" .. one.seed] = one.objects
  end
  return opts.trials:run(keys, function(part)
    local prompts, seeds, results = {}, {}, {}
    for i, key in ipairs(part) do prompts[i], seeds[i] = key.prompt, key.seed end
    local out = model:generate{
      prompts = prompts, seeds = seeds, steps = opts.steps, guidance = opts.guidance, scheduler = opts.scheduler,
      trace = true,
    }
    for i, key in ipairs(part) do
      local objects = given[key.prompt .. "\0" .. key.seed]
      if not objects then
        objects = {}
        for _, object in ipairs(opts.judge.look(out.images[i])) do
          if not objects[object.noun] then objects[object.noun] = object.mask end
        end
      end
      local missing = {}
      for _, noun in ipairs(key.nouns) do
        if not objects[noun] then missing[#missing + 1] = noun end
      end
      results[i] = { kind = key.kind, nouns = looked_at(out, key.nouns, objects, i, key.seed), missing = missing }
    end
    return results
  end)
end

--- One row per noun and picture: { noun, scores, kind or timestep }, with the same word's map of another picture among the maps.
-- @param results of noised or drawn
function segmentation.observations(results)
  local last, list = {}, {}
  for _, result in ipairs(results) do
    for _, one in ipairs(result.nouns) do
      local group = one.noun .. "\0" .. tostring(result.timestep)
      local mask = scores.unpack(one.mask, one.mask_height, one.mask_width)
      if last[group] then
        local other = t(last[group].map):view{ last[group].height, last[group].width }
        one.scores["the word elsewhere"] = scores.of(other, mask, segmentation.thresholds)
      end
      last[group] = one
      list[#list + 1] = {
        noun = one.noun, scores = one.scores, kind = result.kind, timestep = result.timestep, one = one, mask = mask,
      }
    end
  end
  return list
end

--- A score of a map over observations, with their nouns; those without the map are left out by study.estimate.
function segmentation.column(observations, map, metric)
  local values, nouns = {}, {}
  for i, one in ipairs(observations) do
    nouns[i] = one.noun
    values[i] = one.scores[map] and one.scores[map][metric]
  end
  return values, nouns
end

--- The map, DAAM's apart, that scores best on average; ties by name.
function segmentation.best_baseline(observations, metric)
  local best, most
  local seen = {}
  for _, one in ipairs(observations) do
    for name in pairs(one.scores) do seen[name] = true end
  end
  for name in lunette.spairs(seen) do
    if name ~= "DAAM" then
      local values, nouns = segmentation.column(observations, name, metric)
      local found = study.estimate.mean(values, nouns)
      if found and (not most or found.estimate > most) then best, most = name, found.estimate end
    end
  end
  return best, most
end

--- The threshold whose IoU is best.
function segmentation.best_threshold(observations)
  local best, most
  for _, threshold in ipairs(segmentation.thresholds) do
    local name = ("%g"):format(threshold)
    local sum = 0
    for _, one in ipairs(observations) do sum = sum + one.scores.DAAM[name] end
    if not most or sum > most then best, most = name, sum end
  end
  return best
end

return segmentation
