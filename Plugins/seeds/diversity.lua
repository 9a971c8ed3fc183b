-- Sets of seeds whose pictures differ.
local lunette = require "lunette"
local cluster, metrics, t = lunette.cluster, lunette.metrics, lunette.tensor
local nulls = require "seeds.nulls"
local diversity = {}

--- Each seed as one vector: the mean over prompts of a feature, less each prompt's own mean.
function diversity.profiles(grid, field, prompts)
  local sum
  for _, prompt in ipairs(prompts) do
    local list = {}
    for j, seed in ipairs(grid.seeds) do list[j] = grid:at(prompt, seed)[field] end
    local x = t.stack(list)
    x = x - x:mean(1, { keepdim = true })
    sum = sum and sum + x or x
  end
  return sum / #prompts
end

--- The places of `size` seeds that lie far apart by their profiles.
function diversity.farthest(profiles, size) return cluster.farthest(profiles, { k = size }) end

--- The mean cosine of all pairs of vectors {n, d}.
function diversity.cosine(vectors)
  local x, n = vectors:normalize(2), vectors:size(1)
  return (x:mm(x:t()):sum():item() - n) / (n * (n - 1))
end

--- How much the pictures of some seeds differ, averaged over prompts: mean pairwise cosine (low is diverse; also by
-- prompt) and Vendi score (high is).
function diversity.of(grid, places, prompts, field)
  local cosine, vendi, by_prompt = 0, 0, {}
  for p, prompt in ipairs(prompts) do
    local list = {}
    for i, place in ipairs(places) do list[i] = grid:at(prompt, grid.seeds[place])[field] end
    local x = t.stack(list)
    by_prompt[p] = diversity.cosine(x)
    cosine, vendi = cosine + by_prompt[p], vendi + metrics.vendi(x)
  end
  return { cosine = cosine / #prompts, vendi = vendi / #prompts, by_prompt = by_prompt }
end

--- What random sets of that size give.
-- @return lists cosine and vendi, and the sets; by_prompt, the cosine of each prompt averaged over the sets
function diversity.random(grid, size, prompts, field, count)
  local found = { cosine = {}, vendi = {}, sets = {}, by_prompt = {} }
  for k = 1, count do
    found.sets[k] = table.move(nulls.order(#grid.seeds, 5000011 + k), 1, size, 1, {})
    local one = diversity.of(grid, found.sets[k], prompts, field)
    found.cosine[k], found.vendi[k] = one.cosine, one.vendi
    for p, cosine in ipairs(one.by_prompt) do found.by_prompt[p] = (found.by_prompt[p] or 0) + cosine / count end
  end
  return found
end

--- Particle guidance (Corso et al. 2024): pictures of one prompt that are drawn together and push each other apart,
-- by the gradient of their likeness under a kernel of the latents.
-- @param o prompt, seeds, steps, guidance, strength
-- @return pictures
function diversity.particles(model, o)
  local prompts, count = {}, #o.seeds
  for i = 1, count do prompts[i] = o.prompt end
  local out = model:generate{
    prompts = prompts, seeds = o.seeds, steps = o.steps, guidance = o.guidance,
    on_step = function(step)
      local x = step.latents
      local n = x:size(1)
      local flat = x:reshape{ n, -1 }
      local squares = flat:square():sum(2)
      local distances = (squares:view{ n, 1 } + squares:view{ 1, n } - flat:mm(flat:t()) * 2):clamp(0, 1e30)
      -- The bandwidth of Liu and Wang 2016: the median distance over the logarithm of how many there are.
      local all = {}
      for i = 1, n - 1 do
        for j = i + 1, n do all[#all + 1] = distances[i][j]:item() end
      end
      local width = math.max(lunette.stats.median(all) / math.log(n), 1e-6)
      local kernel = (distances * (-1 / width)):exp()
      -- −∇ Σ_j k(x_i, x_j): away from those that are near.
      local push = flat * kernel:sum(2, { keepdim = true }) - kernel:mm(flat)
      step.latents = (flat + push * (2 / width * o.strength)):view(x:size())
    end,
  }
  return out.images
end

return diversity
