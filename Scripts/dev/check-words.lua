-- Lunette's words and tokens against those of transformers (check-words.py writes the file that arg[1] names).
local lunette = require "lunette"
local model = assert(lunette.load())
local rows = assert(lunette.json.load(arg[1]))

local wrong = 0
for _, row in ipairs(rows) do
  local tokens = model:tokenize(row.prompt)
  local same = #tokens == #row.ids
  local last, number = nil, 0
  for i, token in ipairs(same and tokens or {}) do
    local theirs = row.words[i]
    if theirs >= 0 and theirs ~= last then last, number = theirs, number + 1 end
    same = same and token.id == row.ids[i] and (token.word or 0) == (theirs >= 0 and number or 0)
  end
  same = same and #tokens.words == number
  if not same then
    wrong = wrong + 1
    if wrong <= 10 then print(("'%s': words differ: %s"):format(row.prompt, table.concat(tokens.words, " | "))) end
  end
end
print(("%d of %d prompts differ"):format(wrong, #rows))
assert(wrong == 0)
