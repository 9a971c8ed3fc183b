-- From drawn ids to a text that somebody could type, and back.
local lunette = require "lunette"
local texts = {}

-- start, end and padding
local function specials(tokens)
  return { [tokens.ids[1]] = true, [tokens.ids[tokens.eot]] = true, [tokens.ids[#tokens.ids]] = true }
end

-- the ids that carry text
local function bare(ids, special)
  local list = {}
  for _, id in ipairs(ids) do
    if not special[id] then list[#list + 1] = id end
  end
  return list
end

--- The edit distance of two lists (Levenshtein 1966).
function texts.distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local above = row[j]
      row[j] = math.min(above + 1, row[j - 1] + 1, diagonal + (a[i] == b[j] and 0 or 1))
      diagonal = above
    end
  end
  return row[#b]
end

--- What becomes of drawn ids when their text is typed: start, end and padding vanish from between the words, and other tokens may
-- spell the same letters.
-- @param tokens of the clean prompt; `ids` as drawn, one per position; `noun` that must stay
-- @return { text (as much of it as a prompt holds), cut (whether there was more), ids (of the text, without start, end and
--   padding), drawn (how many drawn tokens carry text), changed (how many positions differ from the clean prompt), error (edit
--   distance of the drawn ids and those of the text, per drawn id), named (whether the noun is still a word of the text) }
function texts.typed(model, tokens, ids, noun)
  local special, changed = specials(tokens), 0
  for i, id in ipairs(ids) do changed = changed + (id ~= tokens.ids[i] and 1 or 0) end
  local drawn = bare(ids, special)
  local text = model:detokenize(drawn)
  local again = model:tokenize(text)
  local read, is_cut = bare(again.ids, special), again.truncated ~= nil
  -- A letter that was cut in its middle may be spelled by more tokens than it had.
  local count = #read
  while again.truncated do
    text, count = model:detokenize(table.move(read, 1, count, 1, {})), count - 1
    again = model:tokenize(text)
  end
  read = bare(again.ids, special)
  return {
    text = text, cut = is_cut, ids = read, drawn = #drawn, changed = changed,
    error = texts.distance(drawn, read) / math.max(1, #drawn),
    named = #lunette.text.find(again.words, noun) > 0,
  }
end

--- Ids with random tokens at the places where the attack chose some: what chance does with as many changed tokens. Where a draw
-- ended or padded the text, it stays so.
-- @param ids as drawn; `seed` of the random tokens
function texts.random(model, tokens, ids, seed)
  local special, list, allowed = specials(tokens), {}, {}
  for id = 0, model.vocabulary_size - 1 do
    if not special[id] then allowed[#allowed + 1] = id end
  end
  local numbers = lunette.tensor.rand(#ids, { seed = seed }):tolist()
  for i, id in ipairs(ids) do
    local is_kept = id == tokens.ids[i] or special[id]
    list[i] = is_kept and id or allowed[math.min(#allowed, 1 + math.floor(numbers[i] * #allowed))]
  end
  return list
end

return texts
