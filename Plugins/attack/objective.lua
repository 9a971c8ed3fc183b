-- The loss of a relaxed prompt: margin through the picture, similarity to the clean prompt, fluency.
local lunette = require "lunette"
local Eye = require "attack.eye"
local corpus = require "attack.corpus"
local losses = require "attack.losses"
local positions = require "attack.positions"
local t = lunette.tensor

local Objective = {}
local meta = { __index = Objective }

-- The clean rows that similarity is weighted over: all, or those of the prompt's own tokens.
local function similarity_weights(model, tokens, o, fail)
  local weights, reason = corpus.weights(model, o.corpus, tokens.ids)
  if not weights then fail("option 'corpus': %s", reason) end
  local kept, padding = 0, 0
  for i, weight in ipairs(weights) do
    if i >= tokens.eot then
      padding = padding + weight
      if not o.similarity_padding then weights[i] = 0 end
    end
    kept = kept + weights[i]
  end
  if kept <= 0 then fail("option 'corpus': every word of the prompt stands in every text: no weight is left") end
  for i, weight in ipairs(weights) do weights[i] = weight / kept end
  return t(weights), padding
end

-- what reads tokens one after another: the model's own text encoder, or a language model of the same tokens
local function reader_of(language)
  if language then return function(p) return language:hidden(p) end end
  return function(_, embedding) return embedding end
end

--- What a prompt's attack minimises.
-- @param o the options of attack.search, checked; `fail` is called with a message when they do not go with the prompt
-- @return with tokens, free (positions), class (its number), padding_weight (the share of the similarity's weight that lies on
--   padding before any is left out)
function Objective.new(model, o, fail)
  local self = setmetatable({ model = model, o = o }, meta)
  self.tokens = model:tokenize(o.prompt)
  self.free = positions.free(self.tokens, o.noun, o.mode, o.positions, fail)
  self.eye = o.eye or Eye.new(o.clip, o.classes, { templates = o.templates, scale = o.scale })
  self.class = self.eye.place[o.noun] or fail("'%s' is not one of the classes", o.noun)
  self.one_hot = positions.one_hot(self.tokens.ids, model.vocabulary_size)
  self.assemble = positions.assembler(self.free, self.one_hot)
  self.read = reader_of(o.language)
  if o.similarity > 0 then
    self.weights, self.padding_weight = similarity_weights(model, self.tokens, o, fail)
    self.clean = lunette.no_grad(function()
      return self.read(self.one_hot, model:encode(o.prompt))
    end)
  end
  if o.fluency > 0 and not o.language then
    if not o.corpus then fail("option 'corpus': fluency needs texts to count in, or a language model") end
    self.bigrams = corpus.bigrams(model, o.corpus)
  end
  return self
end

--- The logit of the clean tokens that gives a token the same odds to flip as 15 does among 49,408: exp(15) against all others.
function Objective.initial(vocabulary) return 15 - math.log(49407 / (vocabulary - 1)) end

--- Logits as they start: `initial` at the clean tokens, 0 elsewhere; {free, vocabulary}.
function Objective:start()
  local index = {}
  for i, position in ipairs(self.free) do index[i] = position end
  return self.one_hot:index_select(1, index) * (self.o.initial or Objective.initial(self.model.vocabulary_size))
end

--- A draw, {positions, vocabulary}: relaxed at the free positions, the clean tokens at the others (or drawn there as well, as in
-- the original's program, where only their gradient is stopped).
-- @param hard one-hot draws, with the gradient of the soft ones
function Objective:drawn(logits, seed, hard)
  local options = { temperature = self.o.temperature, hard = hard, seed = seed }
  if self.o.frozen == "exact" then return self.assemble(logits:gumbel_softmax(options)) end
  self.all = self.all
    or positions.assembler(self.free, self.one_hot * (self.o.initial or Objective.initial(self.model.vocabulary_size)))
  return self.all(logits):gumbel_softmax(options)
end

--- The picture of a relaxed prompt, {H, W, 3} in [0, 1], with the gradient of the last steps and of the decoder.
function Objective:picture(embedding, seed)
  local o = self.o
  local out = self.model:generate{
    embedding = embedding, seed = seed, steps = o.steps, guidance = o.guidance, scheduler = o.scheduler,
    width = o.width, height = o.height, grad_steps = o.grad_steps, checkpoint = o.checkpoint,
  }
  return self.model:decode(out.latents):clamp(0, 1)
end

function Objective:_surprise(p)
  if self.bigrams then return self.bigrams:surprise(p) end
  return self.o.language:surprise(p)
end

--- The loss of a draw.
-- @param p {positions, vocabulary}; `seed` of the picture's noise
-- @return the loss, and { adversarial, similarity, surprise (numbers), lead (of the class, in CLIP's logits), label (the class that
--   CLIP sees), picture }
function Objective:loss(p, seed)
  local o = self.o
  local embedding = self.model:encode{ soft = p }
  local picture = self:picture(embedding, seed)
  local logits = self.eye:logits(picture)
  local adversarial = o.loss == "margin" and losses.margin(logits, self.class, o.kappa)
    or losses.cross_entropy(logits, self.class)
  local total, parts = adversarial, { adversarial = adversarial:item() }
  if o.similarity > 0 then
    local similarity = losses.recall(self.clean, self.read(p, embedding), self.weights)
    total, parts.similarity = total - similarity * o.similarity, similarity:item()
  end
  if o.fluency > 0 then
    local surprise = self:_surprise(p)
    total, parts.surprise = total + surprise * o.fluency, surprise:item()
  end
  local seen = logits:detach()
  parts.lead, parts.label = Eye.lead(seen, self.class):item(), math.tointeger(seen:argmax():item())
  parts.picture = picture:detach()
  return total, parts
end

return Objective
