-- A causal language model of the model's own tokens, from a directory: GPT-2 (Radford et al. 2019), as the original's authors
-- trained one on CLIP's tokens. Of other architectures, and of other vocabularies, it says that it cannot read them.
local lunette = require "lunette"
local t = lunette.tensor

local Language = {}
local meta = { __index = Language }

local known = { gpt2 = true }

-- what the numbers in a config decide; whatever else would change the result is refused
local function read_config(folder, vocabulary)
  local config, reason = lunette.json.load(folder .. "/config.json")
  if not config then return nil, reason end
  if not known[config.model_type] then
    return nil, ("%s: a language model of type 'gpt2' expected, got '%s'"):format(folder, tostring(config.model_type))
  end
  if config.vocab_size < vocabulary then
    return nil, ("%s: a vocabulary of %d tokens expected, that of the model's tokenizer, got %d"):format(
      folder, vocabulary, config.vocab_size)
  end
  local fixed = {
    activation_function = "gelu_new", scale_attn_weights = true, scale_attn_by_inverse_layer_idx = false,
    add_cross_attention = false, tie_word_embeddings = true,
  }
  for key, expected in lunette.spairs(fixed) do
    if config[key] ~= nil and config[key] ~= expected then
      return nil, ("%s: config.json: '%s' = %s expected, got %s"):format(
        folder, key, tostring(expected), tostring(config[key]))
    end
  end
  return config
end

local function read_weights(folder)
  local file, reason = t.load(folder .. "/model.safetensors")
  if not file then return nil, reason end
  local weights = {}
  for name, value in pairs(file) do weights[name:gsub("^transformer%.", "")] = value end
  return weights
end

local function names_of(layers)
  local names = { "wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias" }
  for layer = 0, layers - 1 do
    for _, part in ipairs{ "ln_1", "ln_2", "attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj" } do
      for _, kind in ipairs{ "weight", "bias" } do names[#names + 1] = ("h.%d.%s.%s"):format(layer, part, kind) end
    end
  end
  return names
end

--- Opens a language model in transformers layout (config.json, model.safetensors).
-- @param folder; `vocabulary` how many tokens the tokenizer knows, whose ids the language model must share
-- @return with hidden(p), surprise(p); or nil and why not
function Language.open(folder, vocabulary)
  local config, reason = read_config(folder, vocabulary)
  if not config then return nil, reason end
  local weights
  weights, reason = read_weights(folder)
  if not weights then return nil, reason end
  for _, name in ipairs(names_of(config.n_layer)) do
    if not weights[name] then return nil, ("%s: '%s' is missing"):format(folder, name) end
  end
  return setmetatable({
    folder = folder, weights = weights, heads = config.n_head, layers = config.n_layer, width = config.n_embd,
    eps = config.layer_norm_epsilon or 1e-5, vocabulary = vocabulary, length = weights["wpe.weight"]:size(1),
    tokens = weights["wte.weight"]:narrow(1, 1, vocabulary):contiguous(),
  }, meta)
end

local function gelu(x)
  local inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
  return x * (inner:tanh() + 1) * 0.5
end

function Language:_norm(x, name)
  local centred = x - x:mean(2, { keepdim = true })
  local deviation = ((centred * centred):mean(2, { keepdim = true }) + self.eps):sqrt()
  return centred / deviation * self.weights[name .. ".weight"] + self.weights[name .. ".bias"]
end

function Language:_linear(x, name)
  return x:mm(self.weights[name .. ".weight"]) + self.weights[name .. ".bias"]
end

function Language:_attention(x, name, mask)
  local count, depth = x:size(1), self.width // self.heads
  local all = self:_linear(x, name .. ".c_attn")
  local function heads(part)
    return all:narrow(2, part * self.width + 1, self.width):reshape(count, self.heads, depth):permute{ 2, 1, 3 }
      :contiguous()
  end
  local scores = heads(0):bmm(heads(1):permute{ 1, 3, 2 }:contiguous()) / math.sqrt(depth) + mask
  local out = scores:softmax(3):bmm(heads(2)):permute{ 2, 1, 3 }:reshape(count, self.width)
  return self:_linear(out, name .. ".c_proj")
end

--- What the model makes of a relaxed text before its last layer names tokens, {positions, width}. Differentiable.
-- @param p {positions, vocabulary}
function Language:hidden(p)
  local count = p:size(1)
  if count > self.length then
    error(("%s: at most %d tokens expected, got %d"):format(self.folder, self.length, count), 2)
  end
  local x = p:mm(self.tokens) + self.weights["wpe.weight"]:narrow(1, 1, count)
  local row, column = t.arange(count):unsqueeze(2), t.arange(count):unsqueeze(1)
  local mask = column:gt(row) * -1e9
  for layer = 0, self.layers - 1 do
    local name = ("h.%d"):format(layer)
    x = x + self:_attention(self:_norm(x, name .. ".ln_1"), name .. ".attn", mask)
    local inner = gelu(self:_linear(self:_norm(x, name .. ".ln_2"), name .. ".mlp.c_fc"))
    x = x + self:_linear(inner, name .. ".mlp.c_proj")
  end
  return self:_norm(x, "ln_f")
end

--- −mean_t Σ_j p_{t+1}[j] log P(j | what came before): how hard a relaxed text is to foresee. Differentiable.
-- @param p {positions, vocabulary}
function Language:surprise(p)
  local count = p:size(1) - 1
  local logits = self:hidden(p):narrow(1, 1, count):mm(self.tokens:t())
  local shifted = logits - logits:detach():max(2):unsqueeze(2)
  local log_share = shifted - shifted:exp():sum(2, { keepdim = true }):log()
  return -((log_share * p:narrow(1, 2, count)):sum() / count)
end

return Language
