-- "X and Y": how the maps of the two nouns lie on each other over the steps, and which of them is drawn.
local daam = require "daam"
local lunette = require "lunette"
local study = require "study"

local measures, words = study.measures, study.words
local pairs_of_nouns = {}

-- the parts of the run over which overlap is taken, { first step, last step } each
local function parts(steps, count)
  local list = {}
  count = math.min(count, steps)
  for i = 1, count do list[i] = { (i - 1) * steps // count + 1, i * steps // count } end
  return list
end

local function overlaps(out, index, nouns, steps)
  local found = {}
  for i, range in ipairs(parts(steps, 6)) do
    local maps = daam.maps(out, { index = index, steps = range })
    found[i] = measures.overlap(maps:word(nouns[1]).map, maps:word(nouns[2]).map)
  end
  return found
end

local function trial(model, key, opts)
  local first, second = key.nouns[1], key.nouns[2]
  local out = model:generate{
    prompts = { words.joined(key.nouns), words.with_article(first), words.with_article(second) },
    seed = key.seed, steps = key.steps, guidance = key.guidance, trace = { steps = "each" },
  }
  local pictures = out.images
  local seen = opts.judge:presence(pictures[1], key.nouns)
  local alone = measures.change(pictures[2], pictures[3], opts.clip)
  return {
    nouns = key.nouns, seed = key.seed, overlap = overlaps(out, 1, key.nouns, key.steps),
    present = { seen[1].present, seen[2].present },
    alone = {
      opts.judge:presence(pictures[2], { first })[1].present, opts.judge:presence(pictures[3], { second })[1].present,
    },
    coarse = 1 - alone.coarse, clip = alone.clip and 1 - alone.clip,
    text = lunette.metrics.cosine(opts.text[first], opts.text[second]),
  }
end

--- Draws "X and Y", "X" and "Y" from the same noise.
-- @param opts pairs, seeds, steps, guidance, judge, clip (or nil), trials
-- @return a list of { nouns =, seed =, overlap = by part of the run, present = { first, second } in the picture of both, alone =
--   { first, second } each in its own, coarse = likeness of the two pictures alone by low-pass SSIM, clip = by CLIP (or nil),
--   text = cosine of the two prompts' last rows }
function pairs_of_nouns.measure(model, opts)
  local keys, text = {}, {}
  for _, pair in ipairs(opts.pairs) do
    for _, noun in ipairs(pair) do
      local prompt = words.with_article(noun)
      text[noun] = text[noun] or model:encode(prompt)[model:tokenize(prompt).eot]
    end
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = { what = "pair", nouns = pair, seed = seed, steps = opts.steps, guidance = opts.guidance }
    end
  end
  local context = { judge = opts.judge, clip = opts.clip, text = text }
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do results[i] = trial(model, key, context) end
    return results
  end)
end

return pairs_of_nouns
