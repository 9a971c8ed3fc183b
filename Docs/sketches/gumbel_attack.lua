-- A gradient attack on the prompt (Du et al., NeurIPS 2023): relaxed token choices, optimised until the class named in the
-- prompt is no longer seen in the picture. A sketch against Docs/lua.md.
local lunette = require "lunette"
local t = lunette.tensor

-- the margin loss over zero-shot logits, with y the row of the true class
local function margin(logits, y, kappa)
  local others = {}
  for i = 1, #logits do
    if i ~= y then others[#others + 1] = i end
  end
  local rest = logits:index_select(1, others)
  return (logits[y] - rest:max() + kappa):relu()
end

-- BERTScore without idf: how well the relaxed prompt's contextual vectors cover the clean ones, {tokens, d} each
local function bert_score(model, soft, clean)
  local a, b = model:encode{ soft = soft }, clean
  local similarity = a:normalize(2):mm(b:normalize(2):t())
  return similarity:max(2):mean()
end

local function attack(model, clip, prompt, class, classes, o)
  local tokens = model:tokenize(prompt)
  local ids, V, n = tokens.ids, model.vocabulary_size, #tokens.ids      -- padded: n = 77 for Stable Diffusion
  local logits = t.zeros{ n, V }
  for position, id in ipairs(ids) do logits[{ position, id + 1 }] = 15 end
  logits:requires_grad_()
  local free = t.zeros{ n, 1 }                                            -- "extend": only padding may change
  free[{ { tokens.eot + 1, n }, {} }] = 1

  local texts, y = {}, nil
  for i, name in ipairs(classes) do
    texts[i] = clip:text("a photo of a " .. name)
    if name == class then y = i end
  end
  local features = t.stack(texts)
  local clean, adam = model:encode(prompt), lunette.optim.adam({ logits }, { lr = 0.3 })
  local hard = t.one_hot(t(ids) + 1, V)

  local function relaxed(seed)
    local p = logits:gumbel_softmax{ temperature = 1, seed = seed }
    return p * free + hard * (1 - free)
  end

  for step = 1, o.iterations or 100 do
    local p = relaxed(step)
    local out = model:generate{ embedding = model:encode{ soft = p }, seed = o.seed, steps = 50, grad_steps = 1 }
    local seen = features:mm(clip:image(model:decode(out.latents)):unsqueeze(2)):squeeze(2) * 100
    local loss = margin(seen, y, 30) - 4 * bert_score(model, p, clean)
    adam:zero_grad()
    loss:backward()
    adam:step()
  end

  local broken = {}
  for sample = 1, 100 do
    local id = lunette.no_grad(function() return relaxed(1000 + sample):argmax(2):tolist() end)
    for position = 1, n do id[position] = id[position] - 1 end
    local text = model:detokenize(id)
    local out = model:generate{ embedding = model:encode{ ids = id }, seed = o.seed, steps = 50 }
    local p = clip:classify(out.image, classes)
    if text:find(class, 1, true) and p:argmax():item() ~= y then
      broken[#broken + 1] = { text = text, image = out.image }
    end
  end
  return broken
end

local model = assert(lunette.load())
local found = attack(model, model.clip, "a photo of a cat and a", "cat", { "cat", "dog", "car" }, { seed = 3 })
lunette.display(lunette.table(found))
