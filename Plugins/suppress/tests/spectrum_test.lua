-- Changed singular values, rows after the text, and measures, worked out in another way. arg[1] is the folder of the models.
local lunette = require "lunette"
local suppress = require "suppress"
local near = require "suppress.tests.near"
if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end
local t, linalg = lunette.tensor, lunette.linalg
local spectrum, measures, eot = suppress.spectrum, suppress.measures, suppress.eot

-- {k, d}: the singular vectors stay, the values become those of the formula
local rows = t.randn({ 5, 8 }, { seed = 1 }) * 0.3
local S = spectrum.values(rows):tolist()
local function expected(of)
  local values = {}
  for i, s in ipairs(S) do values[i] = of(s, i) end
  table.sort(values, function(a, b) return a > b end)
  return t(values)
end
local function softened(s) return s * math.exp(-2 * s) end
near.tensor(spectrum.values(spectrum.soften(rows, 2)), expected(softened), 1e-5, "soften")
near.tensor(spectrum.values(spectrum.strengthen(rows, 0.5, 1.2)),
  expected(function(s) return 1.2 * s * math.exp(0.5 * s) end), 1e-5, "strengthen")
near.tensor(spectrum.soften(rows, 0), rows, 1e-5, "alpha 0")
near.tensor(spectrum.truncate(rows, 5), rows, 1e-5, "all ranks")
near.tensor(spectrum.truncate(rows, 0), rows * 0, 0, "rank 0")
near.tensor(spectrum.truncate(rows, 2) + spectrum.without_top(rows, 2), rows, 1e-5, "both parts")
near.tensor(spectrum.without_tail(rows, 2), spectrum.truncate(rows, 3), 1e-6, "without tail")
-- The nearest matrix of rank 2 (Eckart and Young): what is missing are the other singular values.
near.number((rows - spectrum.truncate(rows, 2)):norm():item(),
  math.sqrt(S[3] ^ 2 + S[4] ^ 2 + S[5] ^ 2), 1e-5, "nearest of rank 2")
-- Along a right singular vector the block is stretched as the formula says.
local U = linalg.svd(rows:t())
near.tensor(spectrum.soften(rows, 2):mv(U:t()[2]), rows:mv(U:t()[2]) * math.exp(-2 * S[2]), 1e-5, "direction")
local embedding = t.randn({ 6, 8 }, { seed = 2 })
local changed = spectrum.applied(embedding, { 2, 5 }, function(block) return block * 0 end)
near.tensor(changed, embedding * t{ 1, 0, 1, 1, 0, 1 }:unsqueeze(2), 0, "only those rows")

-- the Fréchet distance by roots of matrices
local function covariance(x)
  local centred = x - x:mean(1):unsqueeze(1)
  return centred:t():mm(centred) / (x:size(1) - 1)
end
local a = t.randn({ 12, 3 }, { seed = 3 })
local b = t.randn({ 9, 3 }, { seed = 4 }) * 1.5 + 0.3
local A, B = covariance(a), covariance(b)
local trace = (A + B - linalg.sqrtm(A:mm(B)) * 2) * t.eye(3)
near.number(measures.frechet(a, b), ((a:mean(1) - b:mean(1)):pow(2):sum() + trace:sum()):item(), 1e-4, "Fréchet")
near.number(measures.frechet(a, a), 0, 1e-4, "Fréchet of the same")

-- outside of a mask
local picture = t.rand({ 12, 12, 3 }, { seed = 5 })
local other = picture:clone()
other[{ { 1, 4 }, { 1, 4 }, {} }] = 0
local mask = t.zeros{ 12, 12 }
mask[{ { 1, 4 }, { 1, 4 } }] = 1
local inside = measures.outside(picture, other, mask)
near.number(inside.ssim, 1, 1e-6, "only the inside changed")
near.number(inside.color, 0, 1e-6, "only the inside changed")
local beside = measures.outside(picture, (picture + 0.1):clone(), mask)
near.number(beside.color, math.sqrt(3) * 0.1, 1e-5, "colour")
assert(beside.ssim < 1 and measures.outside(picture, other, t.ones{ 12, 12 }) == nil)

-- the rows after the text
for _, name in ipairs{ "tiny-sd1", "tiny-sd2", "tiny-pixel" } do
  local model = assert(lunette.load(arg[1] .. "/" .. name))
  local block, first = eot.block(model, "a cat")
  local tokens = model:tokenize("a cat")
  assert(first == tokens.eot and block:size(1) == #tokens.ids - first + 1, name)
  local distances = eot.distances(model, "a cat")
  near.number(distances[2][7]:item(), (block[2] - block[7]):norm():item(), 1e-4, name .. ": distance")
  near.tensor(distances, distances:t(), 1e-4, name .. ": symmetric")
  local repeated = eot.repeated(model, "a cat", 3)
  near.tensor(repeated[1], model:encode("a cat")[1], 0, name .. ": BOS")
  for _, position in ipairs{ 2, 3, 4, repeated:size(1) } do
    near.tensor(repeated[position], block[3], 0, name .. ": repeated")
  end
  near.fails("the number of a row from 1 to", eot.repeated, model, "a cat", 0)

  local found, original = eot.rank_sweep(model, { prompt = "a cat", ranks = { 0, 2, 24 }, seed = 1, steps = 3 })
  local plain = model:generate{ prompt = "a cat", seed = 1, steps = 3, scheduler = "ddim", guidance = 7.5 }
  assert(#found == 3 and found[1].rank == 0)
  assert(original:size(1) == plain.image:size(1))
  -- The block has at most as many singular values as an embedding is wide.
  assert(found[3].psnr > 50 and found[3].ssim > 0.999, name .. ": all ranks")
  assert(found[1].psnr < found[3].psnr, name .. ": rank 0")
end
