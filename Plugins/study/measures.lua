-- Numbers about pictures and about maps of words.
local lunette = require "lunette"
local t, metrics = lunette.tensor, lunette.metrics
local measures = {}

local function tensor_of(picture) return lunette.image.new(picture):tensor() end

--- A picture without its details: every `factor` × `factor` pixels averaged.
function measures.low_pass(picture, factor)
  local x = tensor_of(picture):permute{ 3, 1, 2 }:contiguous()
  local height, width = x:size(2) // factor, x:size(3) // factor
  return x:resize(height, width, "area"):permute{ 2, 3, 1 }:contiguous()
end

--- The factor that leaves about 16 pixels of the shorter side, at least 7: what SSIM's window needs.
function measures.coarse_factor(picture)
  return math.max(1, math.min(picture:size(1), picture:size(2)) // 16)
end

--- SSIM of what is coarse in two pictures.
function measures.coarse_ssim(a, b, factor)
  factor = factor or measures.coarse_factor(a)
  return metrics.ssim(measures.low_pass(a, factor), measures.low_pass(b, factor))
end

--- How far two pictures are apart: 1 − SSIM, 1 − SSIM of what is coarse, and 1 − cosine of CLIP's vectors (nil without CLIP).
function measures.change(a, b, clip)
  return {
    ssim = 1 - metrics.ssim(a, b),
    coarse = 1 - measures.coarse_ssim(a, b),
    clip = clip and 1 - metrics.cosine(clip:image(a), clip:image(b)) or nil,
  }
end

local function centre(sums, count, total)
  return (sums * (t.arange(count) + 0.5)):sum():item() / total / count
end

--- A map {h, w} of numbers ≥ 0: mass (its mean), area (share above 0.4 of its maximum), x and y of its centre (0 to 1 from the
-- left and the top).
function measures.map(map)
  local height, width = map:size(1), map:size(2)
  local total, largest = map:sum():item(), map:max():item()
  if total <= 0 then return { mass = 0, area = 0, x = 0.5, y = 0.5 } end
  return {
    mass = map:mean():item(), area = map:gt(0.4 * largest):mean():item(),
    x = centre(map:sum(1), width, total), y = centre(map:sum(2), height, total),
  }
end

-- Both maps end up with what exceeds their lowest value, adding up to 1: words share most of the ground that nothing asks for.
local function relief(map)
  local raised = map - map:min()
  local total = raised:sum():item()
  return total > 0 and raised / total or map * 0 + 1 / map:numel()
end

--- How much two maps lie on each other, from 0 (apart) to 1 (the same): Σ min(p, q), each map first lowered to a minimum of 0
-- and scaled to a sum of 1.
function measures.overlap(a, b)
  return relief(a):minimum(relief(b)):sum():item()
end

--- When a rising curve has come half of its way from its first value to `goal` for the first time, in steps from 1, linear
-- between them; nil if it never does.
function measures.half_time(curve, goal)
  goal = goal or 1
  local level = (curve[1] + goal) / 2
  for step = 2, #curve do
    if curve[step] >= level then
      local before = curve[step - 1]
      return step - 1 + (level - before) / (curve[step] - before)
    end
  end
  return nil
end

return measures
