-- What one word does to another: kindred nouns that get lost beside each other, adjectives that spread, and which heads carry a
-- layout.
local daam = require "daam"
local lunette = require "lunette"
local study = require "study"

local words = study.words
local semantics = {}

-- MARK: Kindred nouns

--- Pairs of nouns within a category, and across, `count` each, every noun about equally often.
function semantics.pairs(categories, count, seed)
  local of, all = {}, {}
  for name, nouns in lunette.spairs(categories) do
    for _, noun in ipairs(nouns) do
      of[noun], all[#all + 1] = name, noun
    end
  end
  local within, across = {}, {}
  for _, pair in ipairs(study.draws.sets(all, 2, #all * 20, seed)) do
    local list = of[pair[1]] == of[pair[2]] and within or across
    if #list < count then list[#list + 1] = pair end
  end
  return within, across
end

--- Who is drawn: in "X and Y", or alone.
-- @param opts sets (lists of one or two nouns), seeds, steps, guidance, judge, trials
-- @return a list of { nouns, seed, present }, set by set
function semantics.presence(model, opts)
  local keys = {}
  for _, set in ipairs(opts.sets) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = { what = "presence", nouns = set, seed = seed, steps = opts.steps, guidance = opts.guidance }
    end
  end
  return opts.trials:run(keys, function(part)
    local prompts, seeds, results = {}, {}, {}
    for i, key in ipairs(part) do prompts[i], seeds[i] = words.joined(key.nouns), key.seed end
    local out = model:generate{ prompts = prompts, seeds = seeds, steps = opts.steps, guidance = opts.guidance }
    for i, key in ipairs(part) do
      local present = {}
      for k, seen in ipairs(opts.judge:presence(out.images[i], key.nouns)) do present[k] = seen.present end
      results[i] = { nouns = key.nouns, seed = key.seed, present = present }
    end
    return results
  end)
end

-- MARK: Adjectives

-- a mask grown by `by` pixels to each side
local function dilated(mask, by)
  local height, width = mask:size(1), mask:size(2)
  local grown = mask:clone()
  for dy = -by, by do
    for dx = -by, by do
      local y, x = { math.max(1, 1 + dy), math.min(height, height + dy) }, { math.max(1, 1 + dx), math.min(width,
        width + dx) }
      local from_y, from_x = { y[1] - dy, y[2] - dy }, { x[1] - dx, x[2] - dx }
      grown[{ y, x }] = grown[{ y, x }]:maximum(mask[{ from_y, from_x }])
    end
  end
  return grown
end

--- How much of the change between two pictures lies outside of a mask, as a share of what would lie there if the change were
-- everywhere alike: 0 none of it, 1 no more and no less than by chance. Nil where the mask leaves nothing or nothing changed.
function semantics.spread(a, b, mask)
  local change = (a - b):abs():sum(3)
  local outside = 1 - dilated(mask, 2)
  local total, share = change:sum():item(), outside:mean():item()
  if total <= 0 or share <= 0.02 then return nil end
  return (change * outside):sum():item() / total / share
end

local function mask_of(judge, pictures, noun)
  local mask
  for _, picture in ipairs(pictures) do
    for _, object in ipairs(judge.look(picture)) do
      if object.noun == noun then mask = mask and mask:maximum(object.mask) or object.mask:clone() end
    end
  end
  return mask
end

--- The picture of another adjective, with the first one's attention, without it, and of the first adjective in other words.
-- @param opts cases (a list of { noun, from, to }), seeds, steps, guidance, judge (that locates), trials
-- @return a list of { noun, from, to, replay, plain, template }: spreads, nil where the judge did not find the noun
function semantics.adjectives(model, opts)
  local keys = {}
  for _, case in ipairs(opts.cases) do
    for _, seed in ipairs(opts.seeds) do
      keys[#keys + 1] = {
        what = "adjective", noun = case.noun, from = case.from, to = case.to, seed = seed, steps = opts.steps,
        guidance = opts.guidance,
      }
    end
  end
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local function named(adjective) return words.with_article(adjective .. " " .. key.noun) end
      local request = { seed = key.seed, steps = key.steps, guidance = key.guidance }
      local function with(more)
        for name, value in pairs(request) do more[name] = value end
        return more
      end
      local replayed = daam.replay(model, with{ prompt = named(key.to), source = named(key.from) }).images
      local others = model:generate(with{ prompts = { named(key.to), "a picture of " .. named(key.from) } }).images
      local source = replayed[1]:tensor()
      local function spread(picture)
        local mask = mask_of(opts.judge, { replayed[1], picture }, key.noun)
        return mask and semantics.spread(source, picture:tensor(), mask)
      end
      results[i] = {
        noun = key.noun, from = key.from, to = key.to, replay = spread(replayed[2]), plain = spread(others[1]),
        template = spread(others[2]),
      }
    end
    return results
  end)
end

-- MARK: Heads

--- Every choice of one layer, one head and one third of the steps (of fewer than three steps, one step).
function semantics.places(layers, steps)
  local list, thirds = {}, math.min(3, steps)
  for _, layer in ipairs(layers) do
    for head = 1, layer.heads do
      for third = 1, thirds do
        list[#list + 1] = {
          layers = layer.path, heads = head, steps = { (third - 1) * steps // thirds + 1, third * steps // thirds },
        }
      end
    end
  end
  return list
end

-- CLIP-free likeness of what is coarse: 1 is the same picture
local function likeness(a, b) return study.measures.coarse_ssim(a, b) end

--- How far each patch brings the picture of `prompt` towards that of `source`: (m_patch − m_B) / (m_A − m_B), with m the likeness
-- to A's picture by what is coarse in both (m_A = 1).
-- @param opts cases (a list of { prompt, source, seed }), patches, label (what they are, for the keys), steps, guidance, trials
-- @return a list of { moved = by patch, plain = m_B }
function semantics.patched(model, opts)
  local keys = {}
  for i, case in ipairs(opts.cases) do
    keys[i] = {
      what = "patch", prompt = case.prompt, source = case.source, seed = case.seed, label = opts.label,
        steps = opts.steps,
      guidance = opts.guidance, count = #opts.patches,
    }
  end
  return opts.trials:run(keys, function(part)
    local results = {}
    for i, key in ipairs(part) do
      local moved, plain = {}, nil
      for first = 1, #opts.patches, 12 do
        local some = table.move(opts.patches, first, math.min(first + 11, #opts.patches), 1, {})
        local pictures = daam.patch(model, {
          prompt = key.prompt, source = key.source, seed = key.seed, steps = key.steps, guidance = key.guidance,
        }, some).images
        plain = likeness(pictures[2], pictures[1])
        for k = 1, #some do
          moved[first + k - 1] = (likeness(pictures[2 + k], pictures[1]) - plain) / (1 - plain)
        end
      end
      results[i] = { moved = moved, plain = plain }
    end
    return results
  end)
end


return semantics
