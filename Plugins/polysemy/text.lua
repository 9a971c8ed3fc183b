-- The sense that can be read from the text embedding alone.
local words = require("study").words
local text = {}

--- Where a vector lies on the way from one to another: 0 at `from`, 1 at `to`.
function text.place(from, to, x)
  local axis = to - from
  local length = (axis * axis):sum():item()
  if length == 0 then return 0 end
  return ((x - from) * axis):sum():item() / length
end

-- The end's row has read all of the prompt. The noun's own row knows nothing of a context that stands behind it: the encoder is
-- causal.
local function row_beside(model, noun, context)
  local prompt = context and words.joined{ noun, context } or words.with_article(noun)
  return model:encode(prompt)[model:tokenize(prompt).eot]
end

--- How far a context word moves the prompt's last row from where it is for the noun alone towards where words leave it that pull
-- to the second sense: 0 is alone, 1 beside such an anchor on average. An anchor is left out of its own axis.
-- @param anchors words that pull to the second sense
-- @param contexts words to place
-- @return by context a number, or nothing where no other anchor is left
function text.read(model, noun, anchors, contexts)
  local alone, rows, found = row_beside(model, noun), {}, {}
  local function beside(context)
    rows[context] = rows[context] or row_beside(model, noun, context)
    return rows[context]
  end
  for _, context in ipairs(contexts) do
    local sum, count = nil, 0
    for _, anchor in ipairs(anchors) do
      if anchor ~= context then
        local move = beside(anchor) - alone
        sum, count = sum and sum + move or move, count + 1
      end
    end
    if sum then found[context] = text.place(alone, alone + sum / count, beside(context)) end
  end
  return found
end

return text
