-- Whether a seed tends to put things where nothing was asked for, when a hole is painted anew.
local lunette = require "lunette"
local t = lunette.tensor
local inpainting = {}

--- A hole of a picture, {h, w}: 1 where it is painted anew. Where the object is, and a margin about it.
function inpainting.hole(box, height, width, margin)
  local mask = t.zeros{ height, width }
  local top, left = math.max(1, box.y + 1 - margin), math.max(1, box.x + 1 - margin)
  local bottom, right = math.min(height, box.y + box.height + margin), math.min(width, box.x + box.width + margin)
  mask[{ { top, bottom }, { left, right } }] = 1
  return mask
end

--- The objects that a judge finds in the hole and nobody asked for.
-- @param found of the judge
-- @param asked nouns that may be there
function inpainting.artefacts(found, mask, asked)
  local count = 0
  for _, object in ipairs(found) do
    local wanted = false
    for _, noun in ipairs(asked) do wanted = wanted or object.noun == noun end
    local inside = (object.mask * mask):sum():item() / object.area
    if object.kind ~= "none" and not wanted and inside > 0.5 then count = count + 1 end
  end
  return count
end

--- The plan of the study: renders with one object, their object's place painted anew, with an empty ground wanted
-- (removal) or the object back (completion).
-- @param o model, look (the judge of emoji-world), renders (a list of { image, noun, box, ground }), seeds, steps,
--   guidance, folder, identity (of the judge)
function inpainting.plan(o)
  local model, look, renders, steps, guidance = o.model, o.look, o.renders, o.steps, o.guidance
  local numbers = {}
  for i = 1, #renders do numbers[i] = i end
  local version = lunette.json.encode{ version = 1, steps = steps, guidance = guidance, judge = o.identity }
  return {
    name = "inpainting", folder = o.folder, version = version,
    items = { render = numbers, seed = { 1, o.seeds }, task = { "removal", "completion" } },
    each = function(item)
      local render = renders[item.render]
      local mask = inpainting.hole(render.box, 64, 64, 2)
      local out = model:generate{
        prompt = item.task == "removal" and render.ground or render.caption, image = render.image, mask = mask,
        strength = 1, seed = item.seed, steps = steps, guidance = guidance,
      }
      local asked = item.task == "removal" and {} or { render.noun }
      local found = look(out.image)
      local back = false
      for _, object in ipairs(found) do back = back or object.noun == render.noun end
      return { image = out.image, artefacts = inpainting.artefacts(found, mask, asked), shows = back }
    end,
  }
end

return inpainting
