-- The map of a word or a token, and what can be done with it.
local lunette = require "lunette"
local complain = lunette.argument_error

local WordMap = {}
local meta = { __index = WordMap }  -- apart from the methods: nobody reaches them through an object

local default_threshold = 0.4

--- @param map {height, width} at the size of the latents
function WordMap.new(word, map, rows)
  return setmetatable({ word = word, map = map, rows = rows }, meta)
end

-- to [0, 1] by the smallest and the largest value
local function minmax(map)
  local low = map:min()
  return (map - low) / (map:max() - low + 1e-8)
end

local function threshold_of(value, what)
  if value == nil then return default_threshold end
  if type(value) ~= "number" or not (value >= 0 and value <= 1) then
    complain(1, what, "threshold between 0 and 1 expected, got %s", value)
  end
  return value
end

local function masked(map, threshold, use_minmax)
  if use_minmax then
    return minmax(map):gt(threshold), ("min-max normalised D > %g"):format(threshold)
  end
  return map:gt(map:max() * threshold), ("D > %g max D"):format(threshold)
end

--- Where the word is: 1 where the map exceeds a share of its maximum (the paper's mask), 0 elsewhere.
-- @param threshold 0.4 unless given
-- @param opts minmax = true: threshold the min-max normalised map instead, as the paper's published code does
-- @return {height, width} of zeros and ones, and the reading in words
function WordMap:mask(threshold, opts)
  opts = lunette.options.only(opts, { "minmax" }, "mask", 2)
  return masked(self.map, threshold_of(threshold, "mask"), opts.minmax)
end

local function expanded(self, image, opts, what)
  if type(image) ~= "userdata" then complain(1, what, "image expected, got %s", type(image)) end
  local map = self.map:resize(image:size(1), image:size(2), "bicubic")
  return opts.absolute and map or minmax(map)
end

--- The map at the size of a picture, in [0, 1].
-- @param opts absolute = true: bicubic only, without the min-max normalisation
-- @return {image height, image width}
function WordMap:expand(image, opts)
  return expanded(self, image, lunette.options.only(opts, { "absolute" }, "expand", 2), "expand")
end

--- The picture under the map.
-- @param opts alpha, as the overlay of a tensor takes it
function WordMap:overlay(image, opts)
  opts = lunette.options.only(opts, { "alpha" }, "overlay", 2)
  return expanded(self, image, {}, "overlay"):overlay(image, opts)
end

--- Intersection over union of two masks.
-- @param other another word's map, or a mask: a tensor whose positive entries count. The word's map is brought to the
--   mask's size.
-- @param opts threshold (0.4) and minmax, as for mask
-- @return the share (nan if both masks are empty), and the reading in words
function WordMap:iou(other, opts)
  opts = lunette.options.only(opts, { "minmax", "threshold" }, "iou", 2)
  local threshold = threshold_of(opts.threshold, "iou")
  local map, theirs = self.map, other
  if getmetatable(other) == meta then
    theirs = masked(other.map, threshold, opts.minmax)
  elseif type(other) == "userdata" then
    theirs = other:gt(0)
  else
    complain(1, "iou", "word map or mask expected, got %s", type(other))
  end
  local height, width = theirs:size(1), theirs:size(2)
  if height ~= map:size(1) or width ~= map:size(2) then map = map:resize(height, width, "bicubic") end
  local mine, reading = masked(map, threshold, opts.minmax)
  local both = (mine * theirs):sum():item()
  return both / (mine:sum():item() + theirs:sum():item() - both), reading
end

--- Numbers that describe the map: max, mean, concentration (max / mean), x and y of its centre of mass (0 to 1 from the
-- left and the top), and the shares of the picture that the two masks cover.
function WordMap:stats(threshold)
  threshold = threshold_of(threshold, "stats")
  local map, height, width = self.map, self.map:size(1), self.map:size(2)
  local total, largest, mean = map:sum():item(), map:max():item(), map:mean():item()
  local function centre(sums, count)
    return (sums * (lunette.tensor.arange(count) + 0.5)):sum():item() / total / count
  end
  return {
    max = largest, mean = mean, concentration = largest / mean,
    x = centre(map:sum(1), width), y = centre(map:sum(2), height),
    coverage = masked(map, threshold):mean():item(), coverage_minmax = masked(map, threshold, true):mean():item(),
  }
end

function meta:__tostring()
  return ("daam map of '%s', %d x %d"):format(self.word, self.map:size(1), self.map:size(2))
end

--- Shows itself as a heat map.
function meta:__mimebundle()
  local bundle = lunette.plot.heatmap{ z = self.map, title = self.word }
  local own = getmetatable(bundle)
  local shown = own and own.__mimebundle and own.__mimebundle(bundle) or {}
  shown["text/plain"] = tostring(self)
  return shown
end

return WordMap
