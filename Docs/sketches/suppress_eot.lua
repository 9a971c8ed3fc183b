-- SuppressEOT: remove an object that the prompt names (Li et al., ICLR 2024): soft-weighted regularisation of the
-- word's and the end-of-text rows, then inference-time optimisation of the embedding in steps 11 … 20 of 50.
-- A sketch against Docs/lua.md.
local lunette = require "lunette"
local t, linalg = lunette.tensor, lunette.linalg

-- rows {k, d}: the singular values of the transposed block are damped by exp(-alpha sigma)
local function soften(rows, alpha)
  local U, S, Vh = linalg.svd(rows:t())
  return (U * (S * (S * -alpha):exp()):unsqueeze(1)):mm(Vh):t()
end

local function regularise(model, prompt, word, alpha)
  local embedding, positions, words = model:encode(prompt):clone(), {}, {}
  local tokens = model:tokenize(prompt)
  for _, token in ipairs(tokens) do
    words[token.word or 0] = (words[token.word or 0] or "") .. token.text
  end
  for _, token in ipairs(tokens) do
    if token.word and words[token.word] == word then positions[#positions + 1] = token.position end
  end
  local negative = { table.unpack(positions) }
  for position = tokens.eot, embedding:size(1) do negative[#negative + 1] = position end
  local index = t(negative)
  embedding:index_copy_(1, index, soften(embedding:index_select(1, index), alpha))
  return embedding, positions
end

-- the 16 x 16 cross-attention maps of one call, averaged over layers and heads: {tokens, 256}
local function maps(trace)
  local sum, n = 0, 0
  for _, layer in ipairs(trace.layers) do
    if layer.kind == "cross" and layer.height == 16 then
      sum, n = sum + trace:probs(layer.path):mean(1), n + 1          -- {heads, H·W, tokens} over heads
    end
  end
  return (sum / n):t()
end

local function away(a, b) return 1 - lunette.metrics.cosine(a, b) end

local function suppress(model, prompt, word, o)
  local original = model:encode(prompt)
  local softened, negative = regularise(model, prompt, word, o.alpha or 1)
  local hidden = {}
  for _, position in ipairs(negative) do hidden[position] = true end
  local count = model:tokenize(prompt).eot
  local reference = model:noise{ seed = o.seed }

  local function optimise(state)
    local _, trace = model:denoise(reference, state.timestep, original, { trace = true })
    local wanted = maps(trace)
    local c = softened:clone()
    local rate = (o.rate or 20) * math.sqrt(1 - 0.9 * (state.index - 1) / 49)
    for _ = 1, o.iterations or 10 do
      c = c:detach():requires_grad_()
      local _, edited = model:denoise(state.latents, state.timestep, c, { trace = true })
      local got, loss = maps(edited), 0
      for position = 2, count - 1 do
        local distance = away(wanted[position], got[position])
        loss = loss + (hidden[position] and -0.5 or 1) * distance
      end
      c = c - lunette.grad(loss, c) * rate
    end
    return c:detach()
  end

  return model:generate{
    prompt = prompt, noise = reference, steps = 50, guidance = 7.5, scheduler = "ddim",
    on_step = function(state)
      local i = state.index
      if i > 20 then state.embedding = softened
      elseif i > 10 then state.embedding = optimise(state) end
      local which = i == 1 and "noise" or "latents"                    -- the unedited run, in lockstep
      reference = model:generate{
        embedding = original, [which] = reference, start_step = i, end_step = i,
        steps = 50, guidance = 7.5, scheduler = "ddim",
      }.latents
    end,
  }
end

local model = assert(lunette.load())
lunette.display(suppress(model, "a man with glasses", "glasses", { seed = 7 }).image)
