-- What an edit left as it was, in numbers.
local lunette = require "lunette"
local t, linalg, metrics = lunette.tensor, lunette.linalg, lunette.metrics
local measures = {}

local function tensor_of(picture) return lunette.image.new(picture):tensor() end

--- What changed outside of a mask.
-- @param mask {height, width}, 1 where the suppressed object was
-- @return { ssim = of the two pictures once the inside is made the same in both, color = the mean Euclidean distance of the
--   colours of the pixels outside, from 0 to √3 }; nil where the mask covers everything
function measures.outside(before, after, mask)
  local a, b = tensor_of(before), tensor_of(after)
  local inside = mask:gt(0):unsqueeze(3)
  local outside = 1 - inside
  local count = outside:sum():item()
  if count == 0 then return nil end
  local distance = ((a - b) * outside):pow(2):sum(3):sqrt():sum():item()
  return { ssim = metrics.ssim(a, a * inside + b * outside), color = distance / count }
end

--- The Fréchet distance of two sets of vectors, {n, d} and {m, d}, taken for normal distributions (Dowson and Landau 1982; FID is
-- that of Inception's features). With X and Y the centred sets over √(n - 1), √(m - 1), tr √(C_x C_y) is the sum of the singular
-- values of X Yᵀ, so that no root of a d × d matrix is needed. Small sets are overestimated.
function measures.frechet(a, b)
  local function centred(x)
    local mean = x:mean(1)
    return mean, (x - mean:unsqueeze(1)) / math.sqrt(math.max(1, x:size(1) - 1))
  end
  local mean_a, X = centred(a)
  local mean_b, Y = centred(b)
  local _, S = linalg.svd(X:mm(Y:t()))
  local distance = (mean_a - mean_b):pow(2):sum() + X:pow(2):sum() + Y:pow(2):sum() - S:sum() * 2
  return math.max(0, distance:item())
end

--- The Fréchet distance of two lists of pictures, by CLIP's vectors.
function measures.picture_distance(clip, before, after)
  local function features(pictures)
    local list = {}
    for i, picture in ipairs(pictures) do list[i] = clip:image(picture) end
    return t.stack(list)
  end
  return measures.frechet(features(before), features(after))
end

return measures
