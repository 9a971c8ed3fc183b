-- Sentences with their grammar, in CoNLL-U (universaldependencies.org/format): one line per word, a blank line between sentences.
local conllu = {}

--- Reads sentences.
-- @return a list of { text, words = { { form, upos, head (place of its head, 0 for the root), relation } } }; or nil and the line
--   that is wrong
function conllu.read(text)
  local list, words, number = {}, {}, 0
  local function finish()
    if #words == 0 then return end
    local forms = {}
    for i, word in ipairs(words) do forms[i] = word.form end
    list[#list + 1] = { text = words.text or table.concat(forms, " "), words = words }
    words = {}
  end
  for line in (text .. "\n\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    if line == "" then
      finish()
    elseif line:sub(1, 1) == "#" then
      words.text = line:match("^# text = (.*)$") or words.text
    else
      local fields = {}
      for field in (line .. "\t"):gmatch("(.-)\t") do fields[#fields + 1] = field end
      -- Words that were contracted (2-3) and words that were left out (2.1) stand for no place of their own.
      if fields[1]:find("^%d+$") then
        local head = math.tointeger(tonumber(fields[7] or ""))
        if #fields < 8 or not head then return nil,
          ("line %d: ten fields, the seventh a number, expected"):format(number) end
        words[#words + 1] = { form = fields[2], upos = fields[4], head = head, relation = fields[8]:match("^[^:]*") }
      end
    end
  end
  for _, sentence in ipairs(list) do
    for _, word in ipairs(sentence.words) do
      if word.head > #sentence.words then return nil, ("'%s': a head beyond the sentence"):format(sentence.text) end
    end
  end
  return list
end

--- Writes sentences.
function conllu.write(sentences)
  local lines = {}
  for _, sentence in ipairs(sentences) do
    lines[#lines + 1] = "# text = " .. sentence.text
    for i, word in ipairs(sentence.words) do
      lines[#lines + 1] = table.concat(
        { i, word.form, "_", word.upos, "_", "_", math.tointeger(word.head), word.relation, "_", "_" }, "\t")
    end
    lines[#lines + 1] = ""
  end
  return table.concat(lines, "\n") .. "\n"
end

return conllu
