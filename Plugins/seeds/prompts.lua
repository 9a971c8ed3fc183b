-- The prompts of the shared sweep: one noun each, so that halves of the prompts are halves of the nouns.
local lunette = require "lunette"
local study = require "study"
local prompts = {}

--- "a cat", "an owl" …, in an order that mixes the categories.
-- @param count how many, at most as many as there are nouns
-- @param given nouns of the user's own, or an empty list
-- @return a list of { prompt =, noun = }
function prompts.of(model, count, given)
  local words = study.words.of(model, given or {})
  local order = lunette.tensor.randperm(#words.nouns, { seed = 1 }):tolist()
  local list = {}
  for i = 1, math.min(count, #order) do
    local noun = words.nouns[math.tointeger(order[i])]
    list[i] = { noun = noun, prompt = study.words.with_article(noun) }
  end
  return list
end

--- The texts alone.
function prompts.texts(list)
  local texts = {}
  for i, one in ipairs(list) do texts[i] = one.prompt end
  return texts
end

--- Two halves of disjoint nouns: every other one.
function prompts.halves(list)
  local a, b = {}, {}
  for i, one in ipairs(list) do table.insert(i % 2 == 1 and a or b, one.prompt) end
  return a, b
end

return prompts
