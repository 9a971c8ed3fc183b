-- %% [markdown]
-- # Where is the noun?
--
-- The study that the [tutorial](../tutorial.md) ends with. A text tower gives 77 rows: the word's own, and those from the end
-- of the text on, which have read all of it. If the noun's own row is taken out of the embedding, is the object gone? If the
-- others are?
--
-- Rows are taken out by putting those of the empty prompt in their place. Arms: `plain`; `article`, a control, loses the row of
-- "a"; `word` that of the noun; `rest` all rows from the end of the text on; `both`, another control, the last two.

-- %% tags=["parameters"]
local count = 8
local seeds = { 1, 2 }
local steps = 15

-- %%
local lunette = require "lunette"
local study = require "study"
local judge = require "emoji-world.judge"
local model = assert(lunette.load())
local arms = { "plain", "article", "word", "rest", "both" }
local words, nouns = study.words.of(model).nouns, {}
local order = lunette.tensor.randperm(#words, { seed = 1 }):tolist()
for i = 1, math.min(count, #words) do nouns[i] = words[math.tointeger(order[i])] end

-- %% [markdown]
-- ## What it is to find out, said before it runs

-- %%
local primary = "lost without the rest − lost without the word"
local plan = study.plan{
  unit = "nouns",
  primary = { name = primary, smallest = 0.05, side = "either" },
  secondary = {
    { name = "lost without the article (control)", smallest = 0.05, side = "either" },
    { name = "lost without both", smallest = 0.05 },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## The pictures

-- %%
local empty = model:encode("")
local function embedding(noun, arm)
  local prompt = study.words.with_article(noun)
  local tokens, rows = model:tokenize(prompt), model:encode(prompt):clone()
  local from, to = 1, 0
  if arm == "article" then from, to = 2, 2 end
  if arm == "word" then from, to = 3, tokens.eot - 1 end
  if arm == "rest" then from, to = tokens.eot, 77 end
  if arm == "both" then from, to = 3, 77 end
  for row = from, to do rows[row] = empty[row] end
  return rows
end

local sweep = lunette.sweep{
  name = "rows", items = { noun = nouns, arm = arms, seed = seeds },
  each = function(item)
    local out = model:generate{ embedding = embedding(item.noun, item.arm), seed = item.seed, steps = steps }
    return { image = out.image, there = judge.has(judge(out.image), item.noun) }
  end,
}

-- %%
local lost, units = {}, {}
for _, arm in ipairs(arms) do lost[arm], units[arm] = {}, {} end
for row in sweep:rows() do
  table.insert(lost[row.arm], row.there and 0 or 1)
  table.insert(units[row.arm], row.noun)
end
local rows = {}
for i, arm in ipairs(arms) do
  rows[i] = { arm = arm, pictures = #lost[arm], lost = lunette.stats.mean(lost[arm]) }
end
lunette.display(lunette.table(rows, { columns = { "arm", "pictures", "lost" } }))
-- A row for each arm, in the order of their names.
lunette.display(sweep:sheet{ where = { seed = seeds[1] }, label = "noun", columns = #nouns })

-- %% [markdown]
-- ## What was found

-- %%
-- Rows of an arm come in one order, so that the same place is the same noun and seed.
plan:answer(primary, function(opts) return study.estimate.paired(lost.rest, lost.word, units.rest, opts) end)
plan:answer("lost without the article (control)", function(opts)
  return study.estimate.paired(lost.article, lost.plain, units.article, opts)
end)
plan:answer("lost without both", function(opts)
  return study.estimate.paired(lost.both, lost.plain, units.both, opts)
end)
lunette.display(plan:findings())
print(plan:verdict(primary))
