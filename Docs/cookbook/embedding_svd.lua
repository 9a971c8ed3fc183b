-- %% [markdown]
-- # How many directions does a list of words take?
--
-- Embeddings of one sentence with different words, centred; the singular values say how many directions they need, and the
-- first two draw a map.

-- %%
local lunette = require "lunette"
local t, linalg = lunette.tensor, lunette.linalg
local model = assert(lunette.load())
local words = { "cat", "dog", "bear", "fox", "apple", "banana", "car", "bus", "boat", "star", "moon", "sun" }
local rows = {}
for i, word in ipairs(words) do
  local text = "a " .. word
  rows[i] = model:encode(text)[model:tokenize(text).eot]
end
local x = t.stack(rows)
local U, S = linalg.svd(x - x:mean(1, { keepdim = true }))

-- %%
local share = (S:square() / S:square():sum()):tolist()
lunette.display(lunette.plot.bar{ y = share, title = "share of the variance" })
local map = U * S:unsqueeze(1)
local rows_of_map = {}
for i, word in ipairs(words) do
  rows_of_map[i] = { word = word, first = map[{ i, 1 }]:item(), second = map[{ i, 2 }]:item() }
end
lunette.display(lunette.plot.scatter{ x = map[{ {}, 1 }], y = map[{ {}, 2 }], title = "first two directions" })
lunette.display(lunette.table(rows_of_map, { columns = { "word", "first", "second" } }))
