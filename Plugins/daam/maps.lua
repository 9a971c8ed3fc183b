-- The maps of one picture: one row per token of its prompt, those that begin and end a text included.
local lunette = require "lunette"
local complain = lunette.argument_error
local pattern = require "daam.pattern"
local words = require "daam.words"
local WordMap = require "daam.word_map"

local t = lunette.tensor
local Maps = {}
local meta = { __index = Maps }

local function names(list, field)
  local seen, texts = {}, {}
  for _, entry in ipairs(list) do
    local text = tostring(field and entry[field] or entry)
    if not seen[text] then texts[#texts + 1] = text end
    seen[text] = true
  end
  return table.concat(texts, ", ")
end

local function contains(list, value)
  for _, entry in ipairs(list) do
    if entry == value then return true end
  end
  return false
end

local function factor_of(layer) return math.floor(layer.factor + 0.5) end

-- The layers that DAAM looks at: cross-attention of the down and up blocks, and of the middle where it is asked for; maps of
-- factor 8 left out.
local function is_candidate(layer, o)
  return layer.kind == "cross" and (o.middle or not layer.path:find(".mid_block.", 1, true)) and factor_of(layer) ~= 8
end

local function select_layers(layers, o, fail)
  local chosen, candidates, factors = {}, {}, {}
  for _, layer in ipairs(layers) do
    if is_candidate(layer, o) then
      candidates[#candidates + 1] = layer
      local named = not o.layers
      for _, wanted in ipairs(o.layers or {}) do named = named or pattern.matches(wanted, layer.path) end
      if named then
        factors[#factors + 1] = factor_of(layer)
        if not o.factors or contains(o.factors, factor_of(layer)) then chosen[#chosen + 1] = layer end
      end
    end
  end
  if #candidates == 0 then fail("the trace has no cross-attention of the down and up blocks") end
  if #factors == 0 then
    fail(("option 'layers': no layer matches '%s'; there are %s"):format(
      table.concat(o.layers, "', '"), names(candidates, "path")))
  end
  if #chosen == 0 then
    table.sort(factors)
    fail(("option 'factors': no layer with factor %s; there are %s"):format(names(o.factors), names(factors)))
  end
  return chosen
end

local function check_steps(trace, steps, fail)
  if not steps then return end
  if not trace.has_each_step then
    fail("option 'steps': the trace has only the sum over the steps: ask for each with trace = { steps = \"each\" }")
  end
  for step = steps[1], steps[2] do
    if not contains(trace.steps, step) then
      fail(("option 'steps': the run has the steps %d to %d, there is no step %d"):format(
        trace.steps[1], trace.steps[#trace.steps], step))
    end
  end
end

-- {heads, H·W, tokens} of a layer, summed over the steps asked for
local function probabilities(trace, layer, o)
  local uncond = o.negative ~= nil or nil
  if not o.steps then return trace:probs(layer.path, { index = o.index, uncond = uncond }) end
  local sum
  for step = o.steps[1], o.steps[2] do
    local of_step = trace:probs(layer.path, { index = o.index, step = step, uncond = uncond })
    sum = sum and sum + of_step or of_step
  end
  return sum
end

-- only the heads asked for that this layer has; nil if it has none of them
local function select_heads(probs, heads)
  if not heads then return probs end
  local here = {}
  for _, head in ipairs(heads) do
    if head <= probs:size(1) then here[#here + 1] = head end
  end
  return here[1] and probs:index_select(1, t(here))
end

-- {heads, H·W, tokens} to {heads, tokens, height, width}: upsampled, nothing below 0
local function spread(probs, layer, rows, height, width)
  local heads = probs:size(1)
  return probs:narrow(3, 1, rows):permute{ 1, 3, 2 }:contiguous()
    :view{ heads, rows, layer.height, layer.width }
    :resize(height, width, "bicubic"):relu()
end

local function accumulate(trace, layers, o, rows, fail)
  local sum, count = nil, 0
  for _, layer in ipairs(layers) do
    local probs = select_heads(probabilities(trace, layer, o), o.heads)
    if probs then
      local maps = spread(probs, layer, rows, trace.latent_height, trace.latent_width):sum(1)
      sum = sum and sum + maps or maps
      count = count + probs:size(1)
    end
  end
  if count == 0 then
    local most = 0
    for _, layer in ipairs(layers) do most = math.max(most, layer.heads) end
    fail(("option 'heads': no head %s; the layers have up to %d heads"):format(names(o.heads), most))
  end
  return sum / count, count
end

--- Maps that are there already.
-- @param heat {tokens, height, width}; tokens as model:tokenize gives them
-- @param facts layers (those that went in), keys (how many maps the mean was taken over), options
function Maps.of(heat, tokens, facts)
  return setmetatable({
    heat = heat, tokens = tokens, layers = facts.layers, keys = facts.keys, options = facts.options or {},
    list = words.of(tokens),
  }, meta)
end

-- The first and the last token of the text itself: not every vocabulary starts a text with a token of its own.
local function content(tokens)
  local first, last
  for i, token in ipairs(tokens) do
    if token.word then first, last = first or i, i end
  end
  return first, last
end

--- Called by daam.maps with checked options.
function Maps.new(out, o)
  local function fail(message, argument) complain(argument or 2, "maps", "%s", message) end
  if type(out) ~= "userdata" and type(out) ~= "table" then
    fail(("result of model:generate expected, got %s"):format(type(out)), 1)
  end
  local trace = out.trace
  if not trace then fail("the run has no trace: ask for it with model:generate{ trace = true, … }", 1) end
  local tokens = o.negative or out.tokens and out.tokens[o.index]
  if not tokens then
    if not out.seeds or o.index > #out.seeds then
      fail(("option 'index': there is no picture %d"):format(o.index))
    end
    fail("the run was made from an embedding, so that there are no words", 1)
  end
  check_steps(trace, o.steps, fail)
  local layers = select_layers(trace.layers, o, fail)
  local heat, keys = accumulate(trace, layers, o, #tokens, fail)
  local first, last = content(tokens)
  if o.normalize and first then
    heat = heat / (heat:narrow(1, first, last - first + 1):sum(1):unsqueeze(1) + 1e-6)
  end
  return Maps.of(heat, tokens, { layers = layers, keys = keys, options = o })
end

-- the mean of some rows
function Maps:_mean(rows) return self.heat:index_select(1, t(rows)):mean(1) end

--- The map of a word: the mean over its tokens, of all its occurrences or of one.
-- Case does not matter; several words in a row, written with spaces, are found too.
function Maps:word(text, opts)
  if type(text) ~= "string" then complain(1, "word", "string expected, got %s", type(text)) end
  local occurrence = lunette.options.only(opts, { "occurrence" }, "word", 2).occurrence
  local found = words.find(self.list, text)
  if #found == 0 then
    complain(1, "word", "'%s' is not in the prompt; its words are: %s", text, names(self.list, "text"))
  end
  local rows = {}
  if occurrence == nil then
    for _, of_one in ipairs(found) do table.move(of_one, 1, #of_one, #rows + 1, rows) end
  else
    rows = found[occurrence]
    if not rows then
      complain(2, "word", "option 'occurrence': '%s' occurs %s, there is no occurrence %s", text,
        #found == 1 and "once" or #found .. " times", occurrence)
    end
  end
  return WordMap.new(text, self:_mean(rows), rows)
end

--- The map of one token by its position, from 1: in CLIP 1 is BOS, the last one EOT.
function Maps:token(position)
  local token = self.tokens[position]
  if not token then
    complain(1, "token", "the prompt has the tokens 1 to %d, there is no token %s", #self.tokens, position)
  end
  return WordMap.new(token.text, self:_mean{ position }, { position })
end

--- One map per word, in the order of the prompt; repeated words are listed each time, with `occurrence`.
function Maps:words()
  local maps, seen = {}, {}
  for _, word in ipairs(self.list) do
    local name = lunette.text.lower(word.text)
    seen[name] = (seen[name] or 0) + 1
    local map = WordMap.new(word.text, self:_mean(word.rows), word.rows)
    map.occurrence = seen[name]
    maps[#maps + 1] = map
  end
  return maps
end

return Maps
