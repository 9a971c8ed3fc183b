-- What a picture changes by when nothing of interest changed: the same thing said in other words, and another seed. An effect
-- is worth what it exceeds these by.
local words = require "study.words"
local nulls = {}

--- Other ways to ask for the same nouns in the same order: texts by name.
-- @param nouns in their order
function nulls.rewordings(nouns)
  local joined = words.joined(nouns)
  local list = { { name = "a picture of", prompt = "a picture of " .. joined } }
  if #nouns == 2 then
    list[2] = {
      name = "next to", prompt = ("%s next to %s"):format(words.with_article(nouns[1]), words.with_article(nouns[2])),
    }
  else
    list[2] = { name = "a photo of", prompt = "a photo of " .. joined }
  end
  return list
end

--- The seed that stands for another noise beside a trial's own: never one of 1 … 1000000, which trials have.
function nulls.other_seed(seed) return seed + 1000000 end

return nulls
