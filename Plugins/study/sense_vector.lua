-- What a sense looks like to CLIP.

--- The unit vector of a sense: the mean over pictures of it where it has some (`examples`), else of its description.
-- @param clip with image(picture) and text(text), unit vectors
-- @param sense { description =, examples = list of pictures or nil }
-- @param without the number of an example to leave out
return function(clip, sense, without)
  local sum
  for i, picture in ipairs(sense.examples or {}) do
    if i ~= without then
      local vector = clip:image(picture)
      sum = sum and sum + vector or vector
    end
  end
  if not sum then return clip:text(sense.description) end
  return sum / sum:norm()
end
