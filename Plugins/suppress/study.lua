-- The comparison of the methods: prompts, trials, and what they say. Used by Scripts/suppression.lua.
local lunette = require "lunette"
local generate = require "suppress.generate"
local measures = require "suppress.measures"
local nulls = require "study.nulls"
local offered = require "study.offered"
local t = lunette.tensor
local comparison = {}

-- MARK: Prompts

local function with_article(noun) return (noun:find("^[aeiouAEIOU]") and "an " or "a ") .. noun end

-- worn things, for models that bring no world of their own
local everyday = {
  { "man", "glasses" }, { "cat", "hat" }, { "woman", "hat" }, { "dog", "scarf" }, { "lion", "crown" },
  { "bear", "glasses" },
}

local function worn(world)
  if not world or #world.accessories == 0 then return everyday end
  local all = {}
  for _, accessory in ipairs(world.accessories) do
    for _, face in ipairs(world.faces) do all[#all + 1] = { face, accessory } end
  end
  return all
end

--- The prompts of the study, all different: "a lion with a crown" and "a lion without a crown" from the same noise, then the next
-- pair from its own. Where there are fewer pairs than asked for, other seeds begin anew.
-- @param opts n (how many), given (a list of { noun, word }, or empty for those of the model's world), world
-- @return a list of { prompt, word (not wanted), other (to be kept), rest (the prompt without the word), seed }
function comparison.tasks(opts)
  local pairs_of, tasks = #opts.given > 0 and opts.given or worn(opts.world), {}
  local order = t.randperm(#pairs_of, { seed = 1 }):tolist()
  for i = 1, opts.n do
    local pair = (i + 1) // 2
    local noun, word = table.unpack(pairs_of[math.tointeger(order[(pair - 1) % #order + 1])])
    local thing = word:find("s$") and word or with_article(word)
    tasks[i] = {
      prompt = ("%s %s %s"):format(with_article(noun), i % 2 == 1 and "with" or "without", thing), word = word,
      other = noun, rest = with_article(noun), seed = pair, with = i % 2 == 1,
    }
  end
  return tasks
end

-- MARK: Methods

--- What is compared: name, and the options of suppress.generate. The two after the plain one are what a picture changes by when
-- nothing is suppressed.
comparison.methods = {
  { name = "plain", method = "none" },
  { name = "plain, in other words", method = "none", null = "wording" },
  { name = "plain, from another seed", method = "none", null = "seed" },
  { name = "zero the word", method = "scale", rows = "words" },
  { name = "zero the padding", method = "scale", rows = "padding" },
  { name = "zero both", method = "scale" },
  { name = "soften", method = "soften" },
  { name = "soften late", method = "soften", start = 0.2 },
  { name = "optimize", method = "optimize" },
  { name = "negative prompt", method = "negative_prompt" },
  { name = "drop the word", method = "drop_word" },
  { name = "switch prompts", method = "drop_word", start = 0.3 },
  { name = "optimize, own attention summed", method = "optimize", own_reading = "summed" },
  { name = "re-weight", method = "reweight" },
  { name = "delete", method = "delete" },
}

--- Methods from weak to strong. "Soften late" is the whole method without its optimization.
comparison.curves = {}
for _, curve in ipairs{
  { "soften", "alpha", { 0.01, 0.03, 0.1, 0.3, 1 } },
  { "soften", "alpha", { 0.01, 0.03, 0.1, 0.3, 1 }, name = "soften late", start = 0.2 },
  { "optimize", "rate", { 2, 10, 20, 60 } },
  { "scale", "factor", { 0.9, 0.7, 0.4, 0 } },
  { "negative_prompt", "weight", { 0.25, 0.5, 1, 1.5 } },
  { "negative_prompt", "weight", { 0.25, 0.5, 1, 1.5 }, name = "negative prompt late", start = 0.2 },
  { "reweight", "factor", { 0.5, 0, -1, -2 } },
  { "drop_word", "start", { 0.5, 0.4, 0.3, 0.2, 0.1 }, name = "switch prompts" },
} do
  local method, option, values = table.unpack(curve)
  local name, list = curve.name or method, {}
  for i, value in ipairs(values) do
    list[i] = {
      name = ("%s, %s = %g"):format(name, option, value), method = method, start = curve.start,
    }
    list[i][option] = value
  end
  comparison.curves[#comparison.curves + 1] = { name = ("%s (%s)"):format(name, option), methods = list }
end

--- The run of one task by one method: what suppress.generate gives.
function comparison.picture(model, task, method, steps, guidance)
  local opts = { prompt = task.prompt, word = task.word, seed = task.seed, steps = steps, guidance = guidance }
  for key, value in pairs(method) do
    if key ~= "name" and key ~= "null" then opts[key] = value end
  end
  if method.null == "wording" then opts.prompt = "a picture of " .. task.prompt end
  if method.null == "seed" then opts.seed = nulls.other_seed(task.seed) end
  return generate(model, opts)
end

-- MARK: Trials

-- where the judge sees the word in the plain picture; everything is outside if it does not say
local function mask_of(judge, picture, word)
  local mask = t.zeros{ picture:size(1), picture:size(2) }
  if not judge.locates then return mask end
  for _, object in ipairs(judge.look(picture)) do
    if object.noun == word then mask = mask:maximum(object.mask) end
  end
  return mask
end

-- The unedited picture of a task, and where the word is in it; kept in `o` for the next method.
local function unedited(model, task, o)
  o.unedited = o.unedited or {}
  local key = task.prompt .. "\0" .. task.seed
  if not o.unedited[key] then
    local picture = comparison.picture(model, task, { method = "none" }, o.steps, o.guidance).image
    o.unedited[key] = { picture = picture, mask = mask_of(o.judge, picture, task.word) }
  end
  return o.unedited[key]
end

local function measured(model, task, method, o)
  local plain = unedited(model, task, o)
  local out, report = comparison.picture(model, task, method, o.steps, o.guidance)
  local picture = out.image
  local seen = o.judge:presence(picture, { task.word, task.other })
  local outside = measures.outside(plain.picture, picture, plain.mask)
  local result = {
    word = { present = seen[1].present, confidence = seen[1].confidence },
    other = { present = seen[2].present, confidence = seen[2].confidence },
    ssim = outside and outside.ssim, color = outside and outside.color, seconds = report.seconds,
  }
  if o.clip then
    local vector = o.clip:image(picture)
    result.clip, result.vector = vector:dot(o.clip:text(task.rest)):item(), vector:tolist()
  end
  return result
end

--- The results of all tasks by one method, in their order.
-- @param o steps, guidance, judge, clip (or nil), trials (of the plugin study)
-- @return a list of { word = { present, confidence }, other = the same, ssim, color, clip, vector, seconds }
function comparison.run(model, tasks, method, o)
  local keys = {}
  for i, task in ipairs(tasks) do
    keys[i] = {
      kind = "method", prompt = task.prompt, word = task.word, other = task.other, rest = task.rest, seed = task.seed,
      steps = o.steps, guidance = o.guidance, method = method,
    }
  end
  return o.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do results[i] = measured(model, key, method, o) end
    return results
  end)
end

local function collected(list, field)
  local values = {}
  for _, result in ipairs(list) do values[#values + 1] = result[field] end
  return values
end

--- The mean of a list, nan of an empty one.
function comparison.mean(values)
  return #values > 0 and t(values):mean():item() or 0 / 0
end

--- What a method did, against the plain pictures of the same tasks.
-- @return { shown = in how many plain pictures the word is, gone = in how many of them it is no more, beside and kept: the same of
--   the other object that stays; detection (the judge's confidence in the word), ssim, color, clip (lists), seconds (mean) }
function comparison.summary(plain, results)
  local s = { shown = 0, gone = 0, beside = 0, kept = 0, detection = {} }
  for i, result in ipairs(results) do
    if plain[i].word.present then
      s.shown, s.gone = s.shown + 1, s.gone + (result.word.present and 0 or 1)
    end
    if plain[i].other.present then
      s.beside, s.kept = s.beside + 1, s.kept + (result.other.present and 1 or 0)
    end
    s.detection[i] = result.word.confidence
  end
  s.seconds = comparison.mean(collected(results, "seconds"))
  for _, field in ipairs{ "ssim", "color", "clip" } do s[field] = collected(results, field) end
  return s
end

--- The first tasks whose plain picture shows the word, and their plain results.
function comparison.shown(tasks, plain, most)
  local kept, results = {}, {}
  for i, result in ipairs(plain) do
    if result.word.present and #kept < most then kept[#kept + 1], results[#results + 1] = tasks[i], result end
  end
  return kept, results
end

--- The Fréchet distance of a method's pictures from the plain ones, by CLIP's vectors; nil without CLIP.
function comparison.frechet(plain, results)
  local before, after = collected(plain, "vector"), collected(results, "vector")
  return #before > 1 and #after > 1 and measures.frechet(t(before), t(after)) or nil
end

--- The most that a curve has at or below a value of x, linear between its points in the order of x; nil where it does not
-- come there.
-- @param one { x, y }
function comparison.best(one, x)
  local points, most = {}, nil
  local function take(y) most = math.max(most or y, y) end
  for i = 1, #one.x do points[i] = { one.x[i], one.y[i] } end
  table.sort(points, function(a, b) return a[1] < b[1] end)
  for i, point in ipairs(points) do
    local before = points[i - 1]
    if point[1] <= x then
      take(point[2])
    elseif before and before[1] <= x then
      take(before[2] + (point[2] - before[2]) * (x - before[1]) / (point[1] - before[1]))
    end
  end
  return most
end

--- How much more SSIM the whole method leaves than a curve where that has brought detection as far down, on average over the
-- same tasks, with an interval over the tasks. In a resample whose curve does not come there, its strongest point counts:
-- that flatters the curve, never the method.
-- @param whole the whole method's results
-- @param strengths a list of results, one per strength, for the same tasks
-- @param opts clusters (of the tasks: those of one pair of noun and word go together), level
-- @return { estimate, low, high }, or nil where the curve does not come there
function comparison.at_equal_suppression(whole, strengths, opts)
  local function averages(results, picks)
    local detection, ssim, count = 0, 0, 0
    for _, i in ipairs(picks) do
      local one = results[i]
      if one.ssim then
        detection, ssim, count = detection + one.word.confidence, ssim + one.ssim, count + 1
      end
    end
    return detection / count, ssim / count
  end
  local function curve_of(picks)
    local curve, strongest = { x = {}, y = {} }, 1
    for k, results in ipairs(strengths) do
      curve.x[k], curve.y[k] = averages(results, picks)
      if curve.x[k] < curve.x[strongest] then strongest = k end
    end
    return curve, strongest
  end
  local all = {}
  for i = 1, #whole do all[i] = i end
  if not comparison.best(curve_of(all), (averages(whole, all))) then return nil end
  local function gain(picks)
    local level, kept = averages(whole, picks)
    local curve, strongest = curve_of(picks)
    return kept - (comparison.best(curve, level) or curve.y[strongest])
  end
  local pairs_seen, count = {}, 0
  for i, label in ipairs(opts and opts.clusters or all) do
    if not pairs_seen[label] then pairs_seen[label], count = i, count + 1 end
  end
  if count == 1 then return { estimate = gain(all) } end
  return lunette.stats.bootstrap(all, {
    seed = 1, method = "percentile", statistic = gain, clusters = opts and opts.clusters, level = opts and opts.level,
  })
end

--- The curves over strength in one figure.
-- @param series a list of { x, y, label }
function comparison.curve_plot(series)
  return lunette.plot.line{
    series = series, title = "Suppression and preservation", x_label = "detection of the word",
    y_label = "SSIM outside of it",
  }
end

-- MARK: A picture that was not generated

--- A rendered picture of something worn, from the model's own world; or a PNG file of yours.
-- @param model, given { path, prompt, word } or nil
-- @return { picture, prompt, word }, or nil and what is missing
function comparison.real_picture(model, given)
  if given then
    local picture, message = lunette.image.open(given.path)
    if not picture then return nil, message end
    return { picture = picture, prompt = given.prompt, word = given.word }
  end
  local reference = offered(model, "reference")
  if not reference then return nil, ("the model '%s' brings no pictures"):format(model.name) end
  for index = 1, reference.count() do
    local entry = reference.get(index)
    local object = entry.objects[1]
    if #entry.objects == 1 and type(object.accessory) == "string" then
      return { picture = lunette.image.new(entry.image), prompt = entry.caption, word = object.accessory }
    end
  end
  return nil, "no rendered picture shows something worn"
end

return comparison
