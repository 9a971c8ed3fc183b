-- Optimisation of the embedding: the loss by loops over numbers, its way down, and when it runs.
-- arg[1] is the folder of the models.
local lunette = require "lunette"
local suppress = require "suppress"
local maps = require "suppress.maps"
local near = require "suppress.tests.near"
if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end
local t = lunette.tensor

-- MARK: The loss against loops

local o = {
  distance = "cosine", keep = 1, remove = 0.5, own_weight = 0.7, inside_words = 0.85, inside_others = 0.95,
}
local rows = { words = { 3 }, others = { 2, 4 } }
local function random(seed)
  local cross, own = t.rand({ 5, 9 }, { seed = seed }), t.rand({ 9, 9 }, { seed = seed + 1 })
  return { cross = cross, own = own, height = 3, width = 3 }
end
local wanted, found = { random(1), random(3) }, { random(5), random(7) }

local function distance(a, b, kind)
  local ab, aa, bb, squares = 0, 0, 0, 0
  for i, x in ipairs(a) do
    ab, aa, bb, squares = ab + x * b[i], aa + x * x, bb + b[i] * b[i], squares + (x - b[i]) ^ 2
  end
  return kind == "l2" and squares or 1 - ab / math.sqrt(aa * bb)
end

-- the elements of those columns of `own` where the token's map reaches a share of its maximum
local function inside(own, map, share)
  local largest, list = math.max(table.unpack(map)), {}
  for column, value in ipairs(map) do
    if value >= share * largest then
      for row = 1, #own do list[#list + 1] = own[row][column] end
    end
  end
  return list
end

local function expected(kind)
  local total = 0
  for i = 1, 2 do
    local a, b = wanted[i].cross:tolist(), found[i].cross:tolist()
    local own_a, own_b = wanted[i].own:tolist(), found[i].own:tolist()
    for token, weight in pairs{ [2] = 1, [3] = -0.5, [4] = 1 } do
      local share = token == 3 and 0.85 or 0.95
      total = total + weight * distance(a[token], b[token], kind)
      total = total + weight * 0.7
        * distance(inside(own_a, a[token], share), inside(own_b, a[token], share), kind)
    end
  end
  return total / 2
end

local function loss(found_maps) return maps.loss(maps.target(wanted, rows, o), found_maps, o):item() end
near.number(loss(found), expected("cosine"), 1e-5, "cosine")
near.number(loss(wanted), 0, 1e-5, "the same maps")
o.distance = "l2"
near.number(loss(found), expected("l2"), 1e-3, "squared L2")

-- the other reading: each column by itself, of a mask grown by one place to each side on its 3 × 3 map
local function summed(own_a, own_b, map, share)
  local largest, marked, total = math.max(table.unpack(map)), {}, 0
  for place, value in ipairs(map) do
    if value >= share * largest then
      local y, x = (place - 1) // 3, (place - 1) % 3
      for v = math.max(0, y - 1), math.min(2, y + 1) do
        for u = math.max(0, x - 1), math.min(2, x + 1) do marked[v * 3 + u + 1] = true end
      end
    end
  end
  for column in pairs(marked) do
    local a, b = {}, {}
    for row = 1, #own_a do a[row], b[row] = own_a[row][column], own_b[row][column] end
    total = total + distance(a, b, "cosine")
  end
  return total
end
o.distance, o.own_reading = "cosine", "summed"
local by_column = 0
for i = 1, 2 do
  local a, b = wanted[i].cross:tolist(), found[i].cross:tolist()
  for token, weight in pairs{ [2] = 1, [3] = -0.5, [4] = 1 } do
    by_column = by_column + weight / 2 * (distance(a[token], b[token], "cosine") + 0.7
      * summed(wanted[i].own:tolist(), found[i].own:tolist(), a[token], token == 3 and 0.85 or 0.95))
  end
end
near.number(loss(found), by_column, 1e-4, "summed over columns")
near.number(loss(wanted), 0, 1e-4, "the same maps, summed")

-- MARK: In a run

local prompt, word, steps = "a cat and a pistol", "pistol", 10
for _, name in ipairs{ "tiny-sd1", "tiny-sd2", "tiny-pixel" } do
  local model = assert(lunette.load(arg[1] .. "/" .. name))
  local function run(opts)
    local all = { prompt = prompt, word = word, seed = 3, steps = steps }
    for key, value in pairs(opts or {}) do all[key] = value end
    -- What the others do has no strength.
    if not all.method or all.method == "soften" then all.alpha = 0.05 end
    return suppress.generate(model, all)
  end

  -- Without a rate nothing moves: what is left is the softened embedding, from the share `from` on.
  local still = run{ rate = 0, iterations = 1 }
  local soft = run{ method = "soften", start = 0.2 }
  near.tensor(still.latents, soft.latents, 2e-4, name .. ": rate 0")

  -- The losses of a step fall where the steps are small, in both distances.
  for _, kind in ipairs{ "cosine", "l2" } do
    local rate = kind == "cosine" and 1 or 0.01
    local out, report = run{ distance = kind, rate = rate, iterations = 4, rematerialize = true }
    assert(out.latents:isnan():sum():item() == 0)
    local count = 0
    for step, losses in pairs(report.losses) do
      assert(step == 3 or step == 4, name .. ": steps 3 and 4 of 10 are those from 0.2 to 0.4")
      assert(#losses == 4 and losses[4] < losses[1], ("%s, %s: the loss must fall, from %g to %g"):format(
        name, kind, losses[1], losses[4]))
      count = count + 1
    end
    assert(count == 2)
  end

  -- Every method can start late: at the last step it changes less than from the first on, and before it nothing.
  for _, method in ipairs{ "drop_word", "negative_prompt", "reweight", "delete" } do
    local early, late = run{ method = method }, run{ method = method, start = 0.9 }
    local plain = run{ method = "none" }
    local far, near_ = (early.latents - plain.latents):norm():item(), (late.latents - plain.latents):norm():item()
    assert(near_ > 0 and near_ < far, ("%s, %s: late changes less, %g and %g"):format(name, method, near_, far))
  end

  -- Checkpoints compute the same. (Long strides would carry differences in rounding far.)
  local kept = run{ iterations = 2, rate = 1 }
  local again = run{ iterations = 2, rate = 1, rematerialize = true }
  near.tensor(again.latents, kept.latents, 1e-3, name .. ": rematerialized")
end
