-- Pictures of the model that were labelled by eye, with what the judge says of them: how far the judge errs.
local offered = require "study.offered"
local words = require "study.words"

local function contains(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

local function pictures_of(model, judge)
  local labels = offered(model, "labelled")
  if not labels then return nil, "this model's pictures were not labelled by eye" end
  if labels.model ~= model.fingerprint then return nil, "the labels are of pictures of other weights" end
  if not judge.look or labels.judge ~= judge.look.fingerprint() then return nil,
    "the labels are beside another judge's" end
  return labels.pictures
end

--- For every labelled picture that asks for `count` nouns (any number unless given): did the eye, and did the judge, find all of
-- them?
-- @return a list of { eye =, judge =, unit = }, the unit a noun or a pair of nouns, as studies draw them; or nil and why there are
--   none
return function(model, judge, count)
  local pictures, reason = pictures_of(model, judge)
  if not pictures then return nil, reason end
  local list = {}
  for _, one in ipairs(pictures) do
    if not count or #one.asked == count then
      local eye, seen = true, true
      for _, noun in ipairs(one.asked) do
        eye, seen = eye and contains(one.eye, noun), seen and contains(one.judge, noun)
      end
      list[#list + 1] = { eye = eye, judge = seen, unit = words.joined(one.asked) }
    end
  end
  return list
end
