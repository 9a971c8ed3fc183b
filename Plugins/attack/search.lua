-- The search for a prompt that loses its noun: Adam on the logits of a relaxed prompt (Du et al., NeurIPS 2023).
local lunette = require "lunette"
local Language = require "attack.language"
local Objective = require "attack.objective"
local texts = require "attack.texts"

-- a number above 0
local function positive(value)
  if type(value) == "number" and value > 0 and value < math.huge then return value end
  return nil, ("a number above 0 expected, got %s"):format(tostring(value))
end

-- which positions are free: one of two readings, or a list
local function readings(value)
  if value == "code" or value == "paper" then return value end
  if type(value) ~= "table" or #value == 0 then
    return nil, ("'code', 'paper' or a list of positions expected, got %s"):format(
      type(value) == "string" and ("'%s'"):format(value) or type(value))
  end
  for i, position in ipairs(value) do
    if math.type(position) ~= "integer" then return nil, ("[%d]: a position from 1 expected"):format(i) end
  end
  return value
end

local spec = {
  prompt = { "string", required = true }, noun = { "string", required = true },
  classes = { "string", list = true }, clip = { "any" }, eye = { "table" },
  templates = { "string", list = true }, scale = { positive, 100 },
  mode = { { "extend", "replace" }, "extend" }, positions = { readings, "code" },
  frozen = { { "exact", "drawn" }, "exact" }, initial = { "number" }, temperature = { positive, 1 },
  estimator = { { "soft", "straight_through" }, "soft" }, loss = { { "margin", "cross_entropy" }, "margin" },
  kappa = { "number", 30, min = 0 }, similarity = { "number", 4, min = 0 }, similarity_padding = { "boolean", true },
  fluency = { "number", 0, min = 0 }, corpus = { "string", list = true }, language = { "any" },
  iterations = { "integer", 100, min = 1 }, rate = { positive, 0.3 },
  schedule = { { "constant", "linear", "cosine" }, "constant" }, noise = { { "fixed", "fresh" }, "fixed" },
  seed = { "integer", 0 }, draw_seed = { "integer", 1 }, steps = { "integer", min = 1 }, guidance = { "number" },
  scheduler = { "any" }, width = { "integer", min = 1 }, height = { "integer", min = 1 },
  grad_steps = { "integer", 1, min = 1 }, checkpoint = { "boolean", false }, on_iteration = { "function" },
}

local Found = {}
local meta = { __index = Found }

-- Seeds of Gumbel draws: those of the search, those of the samples and those of the start lie apart.
local function draw_seed(self, kind, number) return self.options.draw_seed * 1000000 + kind * 100000 + number end

local function checked(model, opts)
  local function fail(...) lunette.argument_error(2, "search", ...) end
  local o = lunette.options.read(opts, spec, "search", 2)
  if o.eye then
    for _, name in ipairs{ "classes", "clip", "scale", "templates" } do
      if opts[name] ~= nil then fail("option '%s': the eye says it", name) end
    end
  elseif not o.classes then
    fail("option 'classes': a list of strings expected, got nil")
  end
  o.clip = o.clip or o.eye and o.eye.clip or model.clip
  if not o.clip then fail("option 'clip': this model carries no CLIP; name one, lunette.load_clip(DIRECTORY)") end
  if type(o.language) == "string" then
    local language, reason = Language.open(o.language, model.vocabulary_size)
    if not language then fail("option 'language': %s", reason) end
    o.language = language
  end
  return o, fail
end

--- Prepares the search without a step of it: the logits as they start, and the loss of a draw.
local function prepare(model, opts)
  local o, fail = checked(model, opts)
  local objective = Objective.new(model, o, fail)
  return setmetatable({
    model = model, options = o, objective = objective, tokens = objective.tokens, free = objective.free,
    logits = objective:start():requires_grad_(), history = {}, seconds = 0,
  }, meta)
end

--- The loss of the search's draw number `iteration`, on the tape of its logits, and its parts.
function Found:loss(iteration)
  local o = self.options
  local p = self.objective:drawn(self.logits, draw_seed(self, 0, iteration), o.estimator == "straight_through")
  local loss, parts = self.objective:loss(p, o.noise == "fresh" and o.seed + iteration or o.seed)
  parts.iteration, parts.loss = iteration, loss:item()
  return loss, parts
end

local function record(self, parts)
  local kept = { seconds = lunette.clock() - self.started }
  for key, value in pairs(parts) do
    if key ~= "picture" then kept[key] = value end
  end
  self.history[#self.history + 1] = kept
end

--- Searches.
-- @param opts see README.md; on_iteration(parts, found) is called after each step
-- @return the search: logits {free, vocabulary}, history (a list of { iteration, loss, adversarial, similarity, surprise, lead,
--   label, seconds }), clamped (in how many iterations the margin was 0), seconds, and the methods of a search
local function search(model, opts)
  local self = prepare(model, opts)
  local o = self.options
  local adam = lunette.optim.adam({ self.logits }, {
    lr = o.rate, schedule = o.schedule, total = o.schedule ~= "constant" and o.iterations or nil,
  })
  self.started, self.clamped = lunette.clock(), 0
  for iteration = 1, o.iterations do
    local loss, parts = self:loss(iteration)
    -- At the margin's floor, without another term, nothing pulls: PyTorch's step with a gradient of 0 goes on with its moments.
    adam:zero_grad()
    loss:backward()
    adam:step()
    self.clamped = self.clamped + (o.loss == "margin" and parts.adversarial <= 0 and 1 or 0)
    record(self, parts)
    if o.on_iteration then o.on_iteration(parts, self) end
  end
  self.seconds = lunette.clock() - self.started
  return self
end

local sources = { found = true, start = true, random = true }

--- Hard draws, typed: ids → text → ids again.
-- @param count how many
-- @param from "found" (the logits as they are), "start" (as they began) or "random" (where a draw of "found" differs from the
--   clean prompt, random tokens)
-- @return a list of what texts.typed gives: { text, ids, drawn, changed, error, named }
function Found:texts(count, from)
  if math.type(count) ~= "integer" or count < 0 then
    lunette.argument_error(1, "texts", "an integer of at least 0 expected, got %s", tostring(count))
  end
  if from ~= nil and not sources[from] then
    lunette.argument_error(2, "texts", "'found', 'start' or 'random' expected, got '%s'", tostring(from))
  end
  local logits = from == "start" and self.objective:start() or self.logits:detach()
  local list = {}
  for number = 1, count do
    local p = lunette.no_grad(function()
      return self.objective:drawn(logits, draw_seed(self, from == "start" and 2 or 1, number), true)
    end)
    local ids = p:argmax(2):tolist()
    for i, id in ipairs(ids) do ids[i] = math.tointeger(id) - 1 end
    if from == "random" then ids = texts.random(self.model, self.tokens, ids, draw_seed(self, 3, number)) end
    list[number] = texts.typed(self.model, self.tokens, ids, self.options.noun)
  end
  return list
end

--- The text of the most likely tokens.
function Found:text()
  local ids = self.objective.assemble(lunette.no_grad(function() return self.logits:softmax(2) end)):argmax(2):tolist()
  for i, id in ipairs(ids) do ids[i] = math.tointeger(id) - 1 end
  return texts.typed(self.model, self.tokens, ids, self.options.noun)
end

return { search = search, prepare = prepare }
