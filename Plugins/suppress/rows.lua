-- Which rows of a text embedding belong to what: the words to be suppressed, the other words, and what follows the text.
local words = require "daam.words"
local rows = {}

local function texts(list)
  local found = {}
  for i, word in ipairs(list) do found[i] = word.text end
  return table.concat(found, ", ")
end

-- the words of which some row is marked or none, as text
local function joined(list, is_wanted, wanted)
  local kept = {}
  for _, word in ipairs(list) do
    if (is_wanted[word.rows[1]] or false) == wanted then kept[#kept + 1] = word.text end
  end
  return table.concat(kept, " ")
end

--- The rows of a prompt, each a list of positions from 1.
-- @param wanted the words to be suppressed, as the prompt has them: all their occurrences
-- @param fail called with a message when a word is not there
-- @return { words = of the wanted words, others = of the other words, padding = from the first end-of-text to the end,
--   target = words and padding: the paper's negative target }, and { words =, others = } as text
function rows.of(model, prompt, wanted, fail)
  local tokens = model:tokenize(prompt)
  local list, is_wanted = words.of(tokens), {}
  for _, text in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    local found = words.find(list, text)
    if #found == 0 then fail("'%s' is not in the prompt; its words are: %s", text, texts(list)) end
    for _, positions in ipairs(found) do
      for _, position in ipairs(positions) do is_wanted[position] = true end
    end
  end
  local result = { words = {}, others = {}, padding = {}, target = {} }
  for position = 2, tokens.eot - 1 do
    table.insert(is_wanted[position] and result.words or result.others, position)
  end
  for position = tokens.eot, #tokens.ids do result.padding[#result.padding + 1] = position end
  table.move(result.words, 1, #result.words, 1, result.target)
  table.move(result.padding, 1, #result.padding, #result.target + 1, result.target)
  return result, { words = joined(list, is_wanted, true), others = joined(list, is_wanted, false) }
end

return rows
