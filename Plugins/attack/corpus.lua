-- What a list of texts says about tokens: how rare each is, and which follows which.
local lunette = require "lunette"
local t = lunette.tensor
local corpus = {}

--- The weights of ids for BERTScore: idf(id) = ln((N + 1) / (df + 1)), df being in how many of the N texts an id stands (start and
-- end of text stand in each; padding only where the padding token is one of them), scaled to a sum of 1 (Zhang et al. 2020).
-- @param texts a list, or nil for equal weights
-- @return { weights }, a list that goes with ids; or nil and why not
function corpus.weights(model, texts, ids)
  local weights, total = {}, 0
  if not texts then
    for i = 1, #ids do weights[i] = 1 / #ids end
    return weights
  end
  local documents = {}
  for _, text in ipairs(texts) do
    local seen, tokens = {}, model:tokenize(text)
    for _, token in ipairs(tokens) do seen[tokens.ids[token.position]] = true end
    for id in pairs(seen) do documents[id] = (documents[id] or 0) + 1 end
  end
  for i, id in ipairs(ids) do
    weights[i] = math.log((#texts + 1) / ((documents[id] or 0) + 1))
    total = total + weights[i]
  end
  if total <= 0 then return nil, "every token of the prompt stands in every text: no weight is left" end
  for i in ipairs(ids) do weights[i] = weights[i] / total end
  return weights
end

-- MARK: Bigrams

local Bigrams = {}
local meta = { __index = Bigrams }

local function counted(model, texts)
  local single, double, contexts, total = {}, {}, {}, 0
  for _, text in ipairs(texts) do
    local ids = model:tokenize(text).ids
    for i, id in ipairs(ids) do
      single[id], total = (single[id] or 0) + 1, total + 1
      if ids[i + 1] then
        double[id] = double[id] or {}
        double[id][ids[i + 1]] = (double[id][ids[i + 1]] or 0) + 1
        contexts[id] = (contexts[id] or 0) + 1
      end
    end
  end
  return single, double, contexts, total
end

--- Which token follows which, from texts padded as the model's prompts are: P(j | i) = (1 − λ_i) c_ij / c_i + λ_i u_j, with
-- Witten and Bell's λ_i = types / (types + c_i) (1991), u_j = (c_j + 1) / (N + V). Whatever was never seen is λ_i u_j, of rank
-- one in its logarithm, so that no V × V table is needed.
function corpus.bigrams(model, texts)
  local V = model.vocabulary_size
  local single, double, contexts, total = counted(model, texts)
  local unigram, backoff = {}, {}
  for id = 0, V - 1 do
    unigram[id + 1] = ((single[id] or 0) + 1) / (total + V)
    backoff[id + 1] = 1
  end
  local first, second, gain = {}, {}, {}
  for id, followers in lunette.spairs(double) do
    local types = 0
    for _ in pairs(followers) do types = types + 1 end
    local lambda = types / (types + contexts[id])
    backoff[id + 1] = lambda
    for follower, count in lunette.spairs(followers) do
      local unseen = lambda * unigram[follower + 1]
      first[#first + 1], second[#second + 1] = id + 1, follower + 1
      gain[#gain + 1] = math.log(((1 - lambda) * count / contexts[id] + unseen) / unseen)
    end
  end
  return setmetatable({
    log_unigram = t(unigram):log(), log_backoff = t(backoff):log(), first = first, second = second, gain = t(gain),
  }, meta)
end

--- −mean_t Σ_ij p_t[i] log P(j | i) p_{t+1}[j]: how hard a relaxed text is to foresee. Differentiable.
-- @param p {positions, vocabulary}
function Bigrams:surprise(p)
  local count = p:size(1) - 1
  local before, after = p:narrow(1, 1, count), p:narrow(1, 2, count)
  local seen = (before:index_select(2, self.first) * after:index_select(2, self.second)):mm(self.gain:unsqueeze(2))
  local unseen = before:mm(self.log_backoff:unsqueeze(2)) + after:mm(self.log_unigram:unsqueeze(2))
  return -(seen:sum() + unseen:sum()) / count
end

return corpus
