-- The sweep that the studies of seeds share: every prompt from every seed, the picture, and what is measured of it.
local lunette = require "lunette"
local study = require "study"
local t = lunette.tensor
local pictures = {}

-- The mean colour of the outermost `width` pixels, and of the whole picture.
local function colours(pixels, width)
  local height, across = pixels:size(1), pixels:size(2)
  local whole = pixels:mean({ 1, 2 })
  local inner = pixels[{ { width + 1, height - width }, { width + 1, across - width } }]
  local inside = inner:mean({ 1, 2 }) * (inner:size(1) * inner:size(2))
  local border = (whole * (height * across) - inside) / (height * across - inner:size(1) * inner:size(2))
  return whole, border
end

-- Which channels of a feature map go together: their cosines, the pairs above the diagonal.
local function gram(map)
  local channels = map:size(1)
  local rows = map:reshape{ channels, -1 }:normalize(2)
  local cosines = rows:mm(rows:t())
  local pairs_of = {}
  for i = 1, channels - 1 do pairs_of[i] = cosines[{ i, { i + 1, channels } }] end
  return t.cat(pairs_of)
end

--- The style of a picture: the Gram matrices of feature maps as cosines of channels (Gatys et al. 2016, scaled).
-- @param maps a list of {channels, height, width}
function pictures.style(maps)
  local parts = {}
  for i, map in ipairs(maps) do parts[i] = gram(map) end
  return t.cat(parts)
end

--- Feature maps of a picture: two layers of the judge where the model brings one, else the autoencoder's latents.
function pictures.features(model, image)
  local judge = study.offered(model, "judge")
  if judge then
    local levels = judge.features(image)
    return { levels[1], levels[2] }
  end
  return { model:encode_image(image) }
end

-- Where the noun is, as the judge sees it; without a judge that says where, where the picture departs from its
-- border.
local function place(judge, image, pixels, noun, border)
  local height, width = pixels:size(1), pixels:size(2)
  local answer = judge and judge:presence(image, { noun })[1]
  if answer and answer.x then
    return { present = answer.present, x = answer.x, y = answer.y, area = answer.area, confidence = answer.confidence }
  end
  local mask = (pixels - border:view{ 1, 1, 3 }):abs():sum(3):gt(0.3)
  local area = mask:mean():item()
  local total = math.max(mask:sum():item(), 1)
  return {
    present = answer and answer.present, confidence = answer and answer.confidence, area = area,
    x = (mask:sum(1) * (t.arange(width) + 0.5)):sum():item() / total / width,
    y = (mask:sum(2) * (t.arange(height) + 0.5)):sum():item() / total / height,
  }
end

--- What is measured of a picture.
-- @param o model, judge (of the plugin study, or nil), clip (or nil)
-- @param noun what was asked for
-- @return red, green, blue (mean), border (its mean brightness), x, y, area, present, confidence, clip (unit
--   vector), fit (cosine with the prompt), style (vector), small (8 × 8 pixels)
function pictures.measure(o, image, noun, prompt)
  local pixels = image:rgb():tensor()
  local whole, border = colours(pixels, math.max(1, pixels:size(1) // 16))
  local where = place(o.judge, image, pixels, noun, border)
  local row = {
    red = whole[1]:item(), green = whole[2]:item(), blue = whole[3]:item(), border = border:mean():item(),
    x = where.x, y = where.y, area = where.area, present = where.present, confidence = where.confidence,
    style = pictures.style(pictures.features(o.model, image)),
    small = pixels:permute{ 3, 1, 2 }:contiguous():resize(8, 8, "area"):flatten(),
  }
  if o.clip then
    row.clip = o.clip:image(image)
    row.fit = row.clip:dot(o.clip:text(prompt)):item()
  end
  return row
end

--- The plan of the shared sweep, for lunette.sweep.
-- @param o model, judge, clip, prompts (of seeds.prompts), seeds (how many), steps, guidance, rng, folder
function pictures.plan(o)
  local noun_of = {}
  for _, one in ipairs(o.prompts) do noun_of[one.prompt] = one.noun end
  local texts = {}
  for i, one in ipairs(o.prompts) do texts[i] = one.prompt end
  local model, judge, clip = o.model, o.judge, o.clip
  local steps, guidance, rng = o.steps, o.guidance, o.rng
  local version = lunette.json.encode{
    version = 1, judge = judge and judge.identity or "", clip = clip ~= nil, steps = steps, guidance = guidance,
    rng = rng or "",
  }
  return {
    name = "pictures", folder = o.folder, items = { prompt = texts, seed = { 1, o.seeds } },
    -- What decides a row is named, so that a study which is mended elsewhere does not draw three thousand pictures
    -- anew. The model is known by its files in any case.
    version = version,
    each = function(item)
      local out = model:generate{
        prompt = item.prompt, seed = item.seed, steps = steps, guidance = guidance, rng = rng,
      }
      local means = { model = model, judge = judge, clip = clip }
      local row = pictures.measure(means, out.image, noun_of[item.prompt], item.prompt)
      row.image = out.image
      return row
    end,
  }
end

return pictures
