-- How well a map finds a mask.
local lunette = require "lunette"
local t, metrics = lunette.tensor, lunette.metrics
local scores = {}

--- Mean of the precision at each pixel of the mask, pixels by falling value (scikit-learn's average_precision_score, where values
-- differ).
function scores.average_precision(map, mask)
  local _, order = map:flatten():sort(1, { descending = true })
  local hits = mask:flatten():index_select(1, order)
  local precision = hits:cumsum(1) / (t.arange(hits:numel()) + 1)
  return ((precision * hits):sum() / hits:sum()):item()
end

--- IoU of the map's mask at D > τ · max, by name "0.3", "0.4" …; `minmax`: of the min-max normalised map above 0.4; `ap`:
-- average precision; `covers`: the share of the picture above 0.4 · max. Maps are brought to the mask's size.
-- @param map {h, w}; mask {H, W} of 0 and 1
function scores.of(map, mask, thresholds)
  local height, width = mask:size(1), mask:size(2)
  if map:size(1) ~= height or map:size(2) ~= width then map = map:resize(height, width, "bicubic") end
  local low, high = map:min(), map:max()
  local found = {
    minmax = metrics.iou((map - low):gt((high - low) * 0.4), mask), ap = scores.average_precision(map, mask),
    covers = map:gt(high * 0.4):mean():item(),
  }
  for _, threshold in ipairs(thresholds) do
    found[("%g"):format(threshold)] = metrics.iou(map:gt(high * threshold), mask)
  end
  return found
end

--- A mask as the lengths of its runs, zeros first: short enough to be kept.
function scores.pack(mask)
  local runs, value, length = {}, 0, 0
  for _, pixel in ipairs(mask:flatten():tolist()) do
    if pixel ~= value then
      runs[#runs + 1], value, length = length, pixel, 0
    end
    length = length + 1
  end
  runs[#runs + 1] = length
  return runs
end

--- The mask of which `pack` kept the lengths of runs, {height, width} of zeros and ones.
function scores.unpack(runs, height, width)
  local list, value = {}, 0
  for _, length in ipairs(runs) do
    for _ = 1, length do list[#list + 1] = value end
    value = 1 - value
  end
  return t(list):view{ height, width }
end

--- Baselines that know nothing of the word: the whole picture, and a centred box of half the width, which ranks pixels by how near
-- to the middle they are.
function scores.baselines(height, width)
  local y = ((t.arange(height) + 0.5) / height - 0.5):abs():unsqueeze(2):expand{ height, width }
  local x = ((t.arange(width) + 0.5) / width - 0.5):abs():unsqueeze(1):expand{ height, width }
  local far = y:maximum(x)
  return { ["whole picture"] = t.ones{ height, width }, ["centred box"] = far:lt(0.25) + (0.5 - far) * 0.1 }
end

return scores
