-- CLIP as a zero-shot classifier: a class is the mean of its name in several templates (Radford et al. 2021, section 3.1.4).
local lunette = require "lunette"
local t = lunette.tensor

local Eye = {}
local meta = { __index = Eye }

-- texts in which a class finds its place
local function with_places(list)
  if type(list) ~= "table" or #list == 0 then return nil, "a list of texts with '{}' in them expected" end
  for i, each in ipairs(list) do
    if type(each) ~= "string" or not each:find("{}", 1, true) then
      return nil, ("[%d]: a text with '{}' for the class expected"):format(i)
    end
  end
  return list
end

local spec = { scale = { "number", 100 }, templates = { with_places } }

local function with_article(noun) return (noun:find("^[aeiouAEIOU]") and "an " or "a ") .. noun end

-- "{}" is the class; "a {}" takes the article that fits.
local function filled(template, class)
  local text = template:gsub("a {}", function() return with_article(class) end)
  return (text:gsub("{}", function() return class end))
end

--- A classifier of pictures.
-- @param clip with image(picture) and text(texts), unit vectors
-- @param classes names, all different
-- @param opts templates (texts with "{}" for the name; "a photo of a {}"), scale (by what cosines are multiplied, 100)
-- @return with classes, place (by name, its number), logits(picture) → {classes}, label(picture) → number
function Eye.new(clip, classes, opts)
  if type(classes) ~= "table" or #classes == 0 then
    local found = type(classes) == "table" and "none" or type(classes)
    lunette.argument_error(2, "eye", "a list of names expected, got %s", found)
  end
  for i, class in ipairs(classes) do
    if type(class) ~= "string" then
      lunette.argument_error(2, "eye", "a list of names expected, got %s at [%d]", type(class), i)
    end
  end
  opts = lunette.options.read(opts, spec, "eye", 3)
  local templates, rows, place = opts.templates or { "a photo of a {}" }, {}, {}
  for i, class in ipairs(classes) do
    if place[class] then lunette.argument_error(2, "eye", "'%s' stands there twice", class) end
    local texts = {}
    for k, template in ipairs(templates) do texts[k] = filled(template, class) end
    local mean = clip:text(texts):mean(1)
    rows[i], place[class] = mean / mean:norm(), i
  end
  return setmetatable({
    clip = clip, classes = classes, place = place, templates = templates, features = t.stack(rows),
    scale = opts.scale,
  }, meta)
end

--- How much a picture is like each class, {classes}: cosines times the scale. Differentiable.
-- @param picture an image, or a tensor {H, W, 3} in [0, 1]
function Eye:logits(picture)
  return self.features:mm(self.clip:image(picture):unsqueeze(2)):squeeze(2) * self.scale
end

--- The number of the class that a picture is most like, and its logits.
function Eye:label(picture)
  local logits = lunette.no_grad(function() return self:logits(picture) end)
  return math.tointeger(logits:argmax():item()), logits
end

--- How far a class is ahead of the best other one; below 0 where the picture is taken for another. Differentiable.
-- @param logits {classes}; `class` a number
function Eye.lead(logits, class)
  local others = t.zeros(logits:size(1))
  others[class] = -1e9
  return logits[class] - (logits + others):max()
end

return Eye
