-- Which seed drew a picture: a small network that is trained here, and simpler guesses beside it.
local lunette = require "lunette"
local t = lunette.tensor
local nulls = require "seeds.nulls"
local classifier = {}

local Network = {}
local meta = { __index = Network }

-- He et al. 2015
local function weights(sizes, fan_in, seed)
  return (t.randn(sizes, { seed = seed }) * math.sqrt(2 / fan_in)):requires_grad_()
end

--- Four convolutions of stride 2 with group norm, the mean over the last map, and a linear layer.
-- @param classes how many
-- @param o widths ({ 16, 32, 48, 64 }), seed
function classifier.network(classes, o)
  o = o or {}
  local network = { layers = {}, parameters = {} }
  local before, seed = 3, (o.seed or 0) * 100
  for i, width in ipairs(o.widths or { 16, 32, 48, 64 }) do
    local layer = {
      weight = weights({ width, before, 3, 3 }, before * 9, seed + i), scale = t.ones{ width }:requires_grad_(),
      shift = t.zeros{ width }:requires_grad_(),
    }
    network.layers[i], before = layer, width
    for _, name in ipairs{ "weight", "scale", "shift" } do table.insert(network.parameters, layer[name]) end
  end
  -- 4 × 4 places of the last map are kept apart: composition is where things are.
  network.linear = weights({ before * 16, classes }, before * 16, seed + 99)
  network.bias = t.zeros{ classes }:requires_grad_()
  table.insert(network.parameters, network.linear)
  table.insert(network.parameters, network.bias)
  return setmetatable(network, meta)
end

--- Logits {n, classes} of pictures {n, 3, h, w} in [0, 1].
function Network:logits(x)
  x = x * 2 - 1
  for _, layer in ipairs(self.layers) do
    x = x:conv2d(layer.weight, { stride = 2, padding = 1 })
      :group_norm(8, { weight = layer.scale, bias = layer.shift }):silu()
  end
  if x:size(3) ~= 4 or x:size(4) ~= 4 then x = x:resize(4, 4, "area") end
  return x:reshape{ x:size(1), -1 }:mm(self.linear) + self.bias
end

-- −log of the softmax at the right class, averaged.
local function cross_entropy(logits, labels)
  local shifted = logits - logits:max(2, { keepdim = true }):detach()
  local right = shifted:gather(2, t(labels):view{ #labels, 1 }):view{ #labels }
  return (shifted:exp():sum(2):log() - right):mean()
end
classifier.cross_entropy = cross_entropy

local function batch_of(examples, order, first, last, shift)
  local list, labels = {}, {}
  for i = first, last do
    local example = examples[order[i]]
    list[#list + 1], labels[#labels + 1] = example.pixels, example.label
  end
  local x = t.stack(list)
  -- Augmentation that keeps what a seed may decide: brightness, not place.
  if shift then x = x + (t.rand({ #list, 1, 1, 1 }, { seed = shift }) - 0.5) * 0.1 end
  return x, labels
end

--- Trains a network.
-- @param examples a list of { pixels = {3, h, w}, label = 1 … classes }
-- @param o epochs (10), batch (32), rate (1e-3), seed, on_epoch(epoch, loss)
function classifier.train(examples, classes, o)
  local network = classifier.network(classes, o)
  local batch, epochs = o.batch or 32, o.epochs or 10
  local steps = epochs * ((#examples + batch - 1) // batch)
  local optimizer = lunette.optim.adam(network.parameters, {
    lr = o.rate or 1e-3, schedule = "cosine", total = steps + 1,
  })
  local step = 0
  for epoch = 1, epochs do
    local order, sum, count = nulls.order(#examples, (o.seed or 0) * 1009 + epoch), 0, 0
    for first = 1, #examples, batch do
      step = step + 1
      local x, labels = batch_of(examples, order, first, math.min(first + batch - 1, #examples), step)
      optimizer:zero_grad()
      local loss = cross_entropy(network:logits(x), labels)
      loss:backward()
      optimizer:step()
      sum, count = sum + loss:item() * #labels, count + #labels
    end
    if o.on_epoch then o.on_epoch(epoch, sum / count) end
  end
  return network
end

--- What a network takes examples for: the labels.
local function guesses(network, examples)
  local order, list = {}, {}
  for i = 1, #examples do order[i] = i end
  lunette.no_grad(function()
    for first = 1, #examples, 64 do
      local x = batch_of(examples, order, first, math.min(first + 63, #examples))
      for _, label in ipairs(network:logits(x):argmax(2):tolist()) do list[#list + 1] = math.tointeger(label) end
    end
  end)
  return list
end
classifier.guesses = guesses

--- The labels of the nearest mean: each class is the mean of its training vectors.
-- @param train, test lists of { vector =, label = }
function classifier.nearest_mean(train, test, classes)
  local sums, counts = {}, {}
  for _, one in ipairs(train) do
    sums[one.label] = sums[one.label] and sums[one.label] + one.vector or one.vector
    counts[one.label] = (counts[one.label] or 0) + 1
  end
  local means, list = {}, {}
  for label = 1, classes do means[label] = sums[label] / counts[label] end
  local centres = t.stack(means)
  for i, one in ipairs(test) do
    list[i] = math.tointeger((centres - one.vector):square():sum(2):argmin():item())
  end
  return list
end

--- Which guesses are right, as 1 and 0, and how many.
-- @param labels the true ones
function classifier.right(guessed, labels)
  local right, count = {}, 0
  for i, label in ipairs(labels) do
    right[i] = guessed[i] == label and 1 or 0
    count = count + right[i]
  end
  return right, count
end

--- How many guesses are right by chance: the true labels are shuffled within each unit.
-- @param units of each example (its prompt); `count` of shuffles
-- @return a list of counts
function classifier.by_chance(guessed, labels, units, count)
  local places, names = {}, {}
  for i, unit in ipairs(units) do
    if not places[unit] then places[unit], names[#names + 1] = {}, unit end
    table.insert(places[unit], i)
  end
  local null = {}
  for k = 1, count do
    local shuffled = {}
    for u, name in ipairs(names) do
      local of = places[name]
      for i, place in ipairs(nulls.order(#of, k * 100003 + u)) do shuffled[of[i]] = labels[of[place]] end
    end
    local _, right = classifier.right(guessed, shuffled)
    null[k] = right
  end
  return null
end

return classifier
