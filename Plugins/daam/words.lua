-- From tokens back to words: which rows of a map belong to which word of the prompt.
local lunette = require "lunette"
local words = {}

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

--- All occurrences of a word, each the list of its rows; or of several words in a row ("fire truck"), and of what the
-- tokenizer takes for several ("don't", "3d"). Case does not matter, in whatever script.
function words.find(list, text)
  local texts, found = {}, {}
  for number, word in ipairs(list) do texts[number] = word.text end
  for _, place in ipairs(lunette.text.find(texts, text)) do
    local rows = {}
    for number = place[1], place[2] do table.move(list[number].rows, 1, #list[number].rows, #rows + 1, rows) end
    found[#found + 1] = rows
  end
  return found
end

return words
