-- What somebody who defends a model can learn from what was found: which words do it, whether they were known to do it, and
-- whether a reworded prompt brings the noun back.
local lunette = require "lunette"
local arms = require "attack.arms"
local prompts = require "attack.prompts"
local study = require "study"
local report, estimate = study.report, study.estimate
local defence = {}

local function set_of(list)
  local set = {}
  for _, each in ipairs(list or {}) do set[each] = true end
  return set
end

--- What kinds of words there are: nouns that CLIP chooses among, other words of the model's captions (where they are known), and
-- the rest, mostly fragments and single bytes.
-- @return a function from a word to "noun", "caption" or "other"
function defence.kinds(classes, world)
  local nouns, captions = set_of(classes), set_of(world and world.counted and world.counted.words)
  return function(word) return nouns[word] and "noun" or captions[word] and "caption" or "other" end
end

--- The words that a text adds to its prompt, each once.
function defence.added(model, sample)
  local clean, seen, list = set_of(model:tokenize(sample.prompt).words), {}, {}
  for _, word in ipairs(model:tokenize(sample.text).words) do
    if not clean[word] and not seen[word] then
      seen[word], list[#list + 1] = true, word
    end
  end
  return list
end

--- In how many texts each added word stands.
-- @return by word; and the kinds of all added words, with the nouns whose texts they stand in: { kinds, nouns }
function defence.counts(model, samples, kind_of)
  local by_word, all = {}, { kinds = {}, nouns = {} }
  for _, sample in ipairs(samples) do
    for _, word in ipairs(defence.added(model, sample)) do
      by_word[word] = (by_word[word] or 0) + 1
      table.insert(all.kinds, kind_of(word))
      table.insert(all.nouns, sample.noun)
    end
  end
  return by_word, all
end

--- The nouns that stand in more texts of the attack than of chance, the most overrepresented first.
-- @return a list of { word, attack, random }
function defence.favourites(attack, random, kind_of, count)
  local list = {}
  for word, times in lunette.spairs(attack) do
    if kind_of(word) == "noun" then list[#list + 1] = { word = word, attack = times, random = random[word] or 0 } end
  end
  table.sort(list, function(a, b)
    if a.attack - a.random ~= b.attack - b.random then return a.attack - a.random > b.attack - b.random end
    return a.word < b.word
  end)
  return table.move(list, 1, math.min(count, #list), 1, {})
end

--- Plain prompts "a photo of an X and a W" without any attack: does W make X get lost of itself?
-- @param nouns that were attacked; `word` W
-- @return a list of samples
function defence.plain(nouns, word, seeds)
  local list = {}
  for i, noun in ipairs(nouns) do
    if noun ~= word then
      for _, seed in ipairs(seeds) do
        local text = ("a photo of %s"):format(study.words.joined{ noun, word })
        list[#list + 1] = { text = text, prompt = text, noun = noun, seed = seed + 100 * i, named = true, changed = 0 }
      end
    end
  end
  return list
end

--- Rewordings of a text, by name.
defence.rewordings = { "named again", "added words first", "unknown words left out" }

-- as much of a text as a prompt holds
local function fitting(model, text)
  local tokens = model:tokenize(text)
  return tokens.truncated and model:detokenize(tokens.ids) or text
end

--- A text reworded.
-- @param kind_of words of the kind "other" are those left out
function defence.reworded(model, sample, how, kind_of)
  local base = prompts.base(sample.prompt)
  local is_prefix = sample.text:sub(1, #sample.prompt) == sample.prompt
  local rest = is_prefix and sample.text:sub(#sample.prompt + 1) or sample.text
  local text = sample.prompt .. rest
  if how == "named again" then
    -- The words at the end give way, not the noun.
    local again, words = (" and %s"):format(study.words.with_article(sample.noun)), model:tokenize(text).words
    repeat
      local candidate = table.concat(words, " ") .. again
      if not model:tokenize(candidate).truncated then
        text = candidate
        break
      end
      words[#words] = nil
    until #words == 0
  elseif how == "added words first" then
    local words = model:tokenize(rest).words
    while #words > 0 and model:tokenize(table.concat(words, " ") .. " " .. base).truncated do words[#words] = nil end
    text = table.concat(words, " ") .. " " .. base
  else
    local kept = {}
    for _, word in ipairs(model:tokenize(rest).words) do
      if kind_of(word) ~= "other" then kept[#kept + 1] = word end
    end
    text = sample.prompt .. " " .. table.concat(kept, " ")
  end
  return { text = fitting(model, text), prompt = sample.prompt, noun = sample.noun, seed = sample.seed, named = true }
end

--- Which of the lost pictures are right again when their text is reworded: by name { clip =, judge = (lists of booleans),
-- nouns = }.
-- @param lost samples that CLIP took for another class
-- @param o as for arms.pictures, and kind_of
function defence.recovered(model, lost, o)
  local found = {}
  for _, how in ipairs(defence.rewordings) do
    local samples, right = {}, { clip = {}, judge = {}, nouns = {} }
    for i, sample in ipairs(lost) do
      samples[i], right.nouns[i] = defence.reworded(model, sample, how, o.kind_of), sample.noun
    end
    for i, result in ipairs(arms.pictures(model, samples, o)) do
      right.clip[i], right.judge[i] = not result.mistaken, not result.absent
    end
    found[how] = right
  end
  return found
end

-- MARK: Tables

--- What kinds of words the attack writes, and chance.
-- @param added by arm, what defence.counts gave second
function defence.kind_table(added)
  local rows = {}
  for _, arm in ipairs{ "attack", "random" } do
    local of = added[arm]
    local function share(kind)
      local is_of = {}
      for i, each in ipairs(of.kinds) do is_of[i] = each == kind end
      return report.interval(estimate.share(is_of, of.nouns))
    end
    rows[#rows + 1] = { arm, #of.kinds, share("noun"), share("caption"), share("other") }
  end
  return lunette.table(rows, {
    columns = { "arm", "added words", "nouns [95 %]", "caption words [95 %]", "others [95 %]" },
  })
end

--- The attack's favourite nouns, and what they do in plain prompts.
-- @param favourites of defence.favourites; `nouns` that were attacked; `o` as for arms.pictures
function defence.word_table(model, favourites, nouns, o)
  local rows = {}
  for i, one in ipairs(favourites) do
    local plain, lost, absent, of = defence.plain(nouns, one.word, { 1, 2 }), {}, {}, {}
    for k, result in ipairs(arms.pictures(model, plain, o)) do
      lost[k], absent[k], of[k] = result.mistaken, result.absent, plain[k].noun
    end
    rows[i] = {
      one.word, one.attack, one.random, report.interval(estimate.share(lost, of)),
      report.interval(estimate.share(absent, of)),
    }
  end
  return lunette.table(rows, {
    columns = {
      "word W", "texts of attack", "texts of random", "X and W: lost by CLIP [95 %]",
      "X and W: lost by the judge [95 %]",
    },
  })
end

--- In how many lost pictures a reworded text brings the noun back.
-- @param recovered of defence.recovered
function defence.recovery_table(recovered)
  local rows = {}
  for i, how in ipairs(defence.rewordings) do
    local one = recovered[how]
    rows[i] = {
      how, #one.nouns, report.interval(estimate.share(one.clip, one.nouns)),
      report.interval(estimate.share(one.judge, one.nouns)),
    }
  end
  return lunette.table(rows, {
    columns = { "reworded", "texts", "right again by CLIP [95 %]", "noun seen by the judge [95 %]" },
  })
end

return defence
