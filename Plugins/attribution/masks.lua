-- Pictures with masks of what they show: the reference renders of the built-in world, or yours.
local lunette = require "lunette"
local scores = require "attribution.scores"
local study = require "study"
local masks = {}

--- The first `count` reference pictures of a model whose objects are told apart by their nouns, with the true mask of each.
-- @param model whose; the built-in one's if nil
-- @return a list of { number, caption, image, objects = { noun = {h, w} } }, empty if it brings none
function masks.of_reference(count, model)
  local reference = study.offered(model or { name = "emoji-world" }, "reference")
  if not reference then return {} end
  local place, list = {}, {}
  for number, label in ipairs(reference.classes) do place[label] = number end
  for number = 1, reference.count() do
    if #list == count then break end
    local entry = reference.get(number)
    local objects, seen, clear = {}, {}, true
    for _, object in ipairs(entry.objects) do
      clear = clear and not seen[object.noun]
      seen[object.noun] = true
      local mask = entry.classes:eq(place[object.label] or -1)
      if mask:sum():item() >= 20 then objects[object.noun] = mask end
    end
    if clear and next(objects) then
      list[#list + 1] = { number = number, caption = entry.caption, image = entry.image, objects = objects }
    end
  end
  return list
end

--- Your pictures: a JSON file with a list of { "prompt":, "seed":, "masks": { word: PNG } }, and for pictures that were not
-- generated "image": PNG. Paths are relative to the file's folder; in a mask, 0.5 and more counts.
-- @return a list of { prompt, seed, image, objects }; or nil and why not
function masks.of_file(path)
  local list, reason = lunette.json.load(path)
  if not list then return nil, reason end
  local folder = path:match("^(.*)/") or "."
  for i, entry in ipairs(list) do
    if type(entry.prompt) ~= "string" then return nil, ("%s: entry %d has no prompt"):format(path, i) end
    entry.objects = {}
    for word, file in pairs(entry.masks or {}) do
      local picture, why = lunette.image.open(folder .. "/" .. file)
      if not picture then return nil, why end
      entry.objects[word] = picture:tensor():mean(3):ge(0.5)
    end
    if entry.image then
      local picture, why = lunette.image.open(folder .. "/" .. entry.image)
      if not picture then return nil, why end
      entry.image = picture:tensor()
    end
  end
  return list
end

masks.pack, masks.unpack = scores.pack, scores.unpack

return masks
