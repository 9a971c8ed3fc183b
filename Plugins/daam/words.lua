-- From tokens back to words: which rows of a map belong to which word of the prompt.
local words = {}

-- as it is compared: lower case, no white space, so that "fire truck" finds the words "fire" and "truck"
local function key(text) return (text:lower():gsub("%s+", "")) end

--- The words of a prompt in order, each { text =, rows = { positions, from 1 } }.
-- @param tokens as model:tokenize gives them; a word that the tokenizer cut into several tokens has several rows
function words.of(tokens)
  local list = {}
  for _, token in ipairs(tokens) do
    local number = token.word
    if number then
      local word = list[number]
      if not word then
        word = { text = "", rows = {} }
        list[number] = word
      end
      word.text = word.text .. token.text
      word.rows[#word.rows + 1] = token.position
    end
  end
  -- Letters that the tokenizer cuts inside a UTF-8 sequence cannot be joined again from tokens.
  for number, text in ipairs(tokens.words or {}) do
    if list[number] then list[number].text = text end
  end
  return list
end

-- occurrences of `wanted` as up to `most` words in a row
local function runs(list, wanted, most)
  local found = {}
  for first = 1, #list do
    local joined, rows = "", {}
    for last = first, math.min(#list, first + most - 1) do
      joined = joined .. key(list[last].text)
      table.move(list[last].rows, 1, #list[last].rows, #rows + 1, rows)
      if joined == wanted then found[#found + 1] = rows end
      if #joined >= #wanted then break end
    end
  end
  return found
end

--- All occurrences of a word, each the list of its rows; or of several words in a row ("fire truck"), and of what the
-- tokenizer takes for several ("don't", "3d").
function words.find(list, text)
  local wanted = key(text)
  if wanted == "" then return {} end
  local found = runs(list, wanted, 1)
  if #found == 0 and text:find("[%s%p%d]") then found = runs(list, wanted, #list) end
  return found
end

return words
