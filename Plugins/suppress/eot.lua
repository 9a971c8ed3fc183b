-- What the rows after the end of the text hold (Li et al. 2024, section 3.1 and appendix).
local lunette = require "lunette"
local complain = lunette.argument_error
local spectrum = require "suppress.spectrum"
local t, metrics = lunette.tensor, lunette.metrics
local eot = {}

--- The rows from the first end-of-text on, {k, d}, and the position of the first.
function eot.block(model, prompt)
  local embedding, first = model:encode(prompt), model:tokenize(prompt).eot
  return embedding:narrow(1, first, embedding:size(1) - first + 1), first
end

--- How far every row after the text is from every other, {k, k}: Euclidean.
function eot.distances(model, prompt)
  local block = eot.block(model, prompt)
  local squares = (block * block):sum(2)
  local squared = squares:unsqueeze(1) + squares:unsqueeze(2) - block:mm(block:t()) * 2
  -- Rounding leaves a row at a small distance from itself.
  return squared:relu():sqrt() * (1 - t.eye(block:size(1)))
end

--- The embedding in which one row after the text stands in the place of every token but the first.
-- @param number which of these rows, from 1 (1)
function eot.repeated(model, prompt, number)
  local block = eot.block(model, prompt)
  number = number or 1
  if type(number) ~= "number" or number % 1 ~= 0 or number < 1 or number > block:size(1) then
    complain(3, "repeated", "the number of a row from 1 to %d expected, got %s", block:size(1), tostring(number))
  end
  local embedding = model:encode(prompt):clone()
  local count = embedding:size(1) - 1
  embedding[{ { 2, count + 1 }, {} }] = block[number]:unsqueeze(1):expand{ count, -1 }
  return embedding
end

local sweep = {
  prompt = { "string", required = true }, ranks = { "integer", min = 0, list = true }, seed = { "any" },
  steps = { "integer", 50, min = 1 },
  guidance = { "number" },
}

--- The picture as the rows after the text keep only their K largest singular values, for some K.
-- @param opts prompt, ranks (0, 1, 2, 4, 8, 12, 16 … up to all), seed, steps (50), guidance
-- @return a list of { rank, psnr, ssim, image } against the unedited picture; and that picture
function eot.rank_sweep(model, opts)
  local o = lunette.options.read(opts, sweep, "rank_sweep", 2)
  local embedding, block, first = model:encode(o.prompt), eot.block(model, o.prompt)
  local function picture(c)
    return model:generate{
      embedding = c, seed = o.seed, steps = o.steps, guidance = o.guidance, scheduler = "ddim",
    }.image
  end
  local positions, most = {}, math.min(block:size(1), block:size(2))
  for position = first, embedding:size(1) do positions[#positions + 1] = position end
  local original, found = picture(embedding), {}
  for _, rank in ipairs(o.ranks or eot.ranks(most)) do
    local image = picture(spectrum.applied(embedding, positions, function(rows)
      return spectrum.truncate(rows, rank)
    end))
    found[#found + 1] = {
      rank = rank, psnr = metrics.psnr(original, image), ssim = metrics.ssim(original, image), image = image,
    }
  end
  return found, original
end

--- 0, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48 … up to `most`.
function eot.ranks(most)
  local ranks = {}
  for _, rank in ipairs{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 96 } do
    if rank < most then ranks[#ranks + 1] = rank end
  end
  ranks[#ranks + 1] = most
  return ranks
end

return eot
