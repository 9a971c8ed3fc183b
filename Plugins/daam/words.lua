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

--- All occurrences of a word, or of several in a row, each the list of its rows.
function words.find(list, text)
  local wanted, found = key(text), {}
  if wanted == "" then return found end
  for first = 1, #list do
    local joined, rows = "", {}
    for last = first, #list do
      joined = joined .. key(list[last].text)
      table.move(list[last].rows, 1, #list[last].rows, #rows + 1, rows)
      if joined == wanted then found[#found + 1] = rows end
      if #joined >= #wanted then break end
    end
  end
  return found
end

return words
