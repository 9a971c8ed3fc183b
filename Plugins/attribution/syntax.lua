-- Maps of words that a sentence binds together.
local daam = require "daam"
local lunette = require "lunette"
local study = require "study"

local t = lunette.tensor
local syntax = {}

-- MARK: Sentences

-- for models that bring no world of their own
local everyday = {
  colours = { red = true, blue = true, green = true, yellow = true }, accessories = { "hat", "crown", "scarf" },
  describable = { "car", "bus", "boat", "house", "umbrella", "balloon", "ball", "book", "shoe", "guitar", "clock",
    "flower" },
  faces = { "man", "woman", "cat", "dog", "bear", "lion" },
}

local function sentence(list)
  local words, forms = {}, {}
  for i, one in ipairs(list) do
    words[i] = { form = one[1], upos = one[2], head = one[3], relation = one[4] }
    forms[i] = one[1]
  end
  return { text = table.concat(forms, " "), words = words }
end

local function article(word) return study.words.with_article(word):match("^%a+") end

local templates = {
  function(n, a)
    return sentence{
      { article(a[1]), "DET", 3, "det" }, { a[1], "ADJ", 3, "amod" }, { n[1], "NOUN", 0, "root" },
      { "next", "ADV", 8, "case" }, { "to", "ADP", 4, "fixed" }, { article(a[2]), "DET", 8, "det" },
      { a[2], "ADJ", 8, "amod" }, { n[2], "NOUN", 3, "nmod" },
    }
  end,
  function(n)
    return sentence{
      { article(n[1]), "DET", 2, "det" }, { n[1], "NOUN", 0, "root" }, { "and", "CCONJ", 5, "cc" },
      { article(n[2]), "DET", 5, "det" }, { n[2], "NOUN", 2, "conj" }, { "and", "CCONJ", 8, "cc" },
      { article(n[3]), "DET", 8, "det" }, { n[3], "NOUN", 2, "conj" },
    }
  end,
  function(n, a, face, accessory)
    return sentence{
      { article(face), "DET", 2, "det" }, { face, "NOUN", 0, "root" }, { "wearing", "VERB", 2, "acl" },
      { article(accessory), "DET", 5, "det" }, { accessory, "NOUN", 3, "obj" }, { "and", "CCONJ", 9, "cc" },
      { article(a[1]), "DET", 9, "det" }, { a[1], "ADJ", 9, "amod" }, { n[1], "NOUN", 2, "conj" },
    }
  end,
}

--- Sentences with their grammar, `count` of them, the same for one seed.
-- @param world the model's world, or nil for everyday words
function syntax.sentences(world, count, seed)
  world = world or everyday
  local list, colours = {}, {}
  for colour in lunette.spairs(world.colours) do colours[#colours + 1] = colour end
  local worn = {}
  for _, accessory in ipairs(world.accessories) do
    if not accessory:find("s$") then worn[#worn + 1] = accessory end
  end
  local nouns = study.draws.sets(world.describable, 3, count, seed)
  for i = 1, count do
    local a = { colours[1 + i % #colours], colours[1 + (i * 3 + 1) % #colours] }
    if a[1] == a[2] then a[2] = colours[1 + (i + 3) % #colours] end
    list[i] = templates[1 + i % #templates](
      nouns[1 + (i - 1) % #nouns], a, world.faces[1 + i % #world.faces], worn[1 + i % #worn])
  end
  return list
end

-- MARK: Maps

--- Draws each sentence and keeps the map of each of its words.
-- @param opts sentences, seed, steps, guidance, scheduler, trials
-- @return a list of { maps = by place of the word its map as numbers, false where the prompt does not hold it, height, width }
function syntax.maps(model, opts)
  local keys = {}
  for i, one in ipairs(opts.sentences) do
    keys[i] = {
      prompt = one.text, seed = opts.seed + i, steps = opts.steps, guidance = opts.guidance, scheduler = opts.scheduler,
    }
  end
  local by_prompt = {}
  for _, one in ipairs(opts.sentences) do by_prompt[one.text] = one end
  return opts.trials:run(keys, function(part)
    local prompts, seeds, results = {}, {}, {}
    for i, key in ipairs(part) do prompts[i], seeds[i] = key.prompt, key.seed end
    local out = model:generate{
      prompts = prompts, seeds = seeds, steps = opts.steps, guidance = opts.guidance, scheduler = opts.scheduler,
      trace = true,
    }
    for i, key in ipairs(part) do
      local maps, seen, list = daam.maps(out, { index = i }), {}, {}
      for place, word in ipairs(by_prompt[key.prompt].words) do
        local name = lunette.text.lower(word.form)
        seen[name] = (seen[name] or 0) + 1
        local found, map = pcall(maps.word, maps, word.form, { occurrence = seen[name] })
        list[place] = found and map.map:flatten():tolist() or false
      end
      results[i] = { maps = list, height = out.trace.latent_height, width = out.trace.latent_width }
    end
    return results
  end)
end

-- MARK: Pairs

local function top(map, share)
  local count = math.max(1, math.floor(map:numel() * share + 0.5))
  local _, order = map:flatten():sort(1, { descending = true })
  local mask = t.zeros{ map:numel() }
  for i = 1, count do mask[math.tointeger(order[i]:item())] = 1 end
  return mask
end

local readings = {
  ["top 20 %"] = function(map) return top(map, 0.2) end,
  ["> 0.4 max"] = function(map) return map:gt(map:max() * 0.4):flatten() end,
  ["> 0.15"] = function(map) return map:gt(0.15):flatten() end,
}

--- |D∩H| over what, of a dependent's and a head's map: by reading of the mask { iou, iod, ioh, lift, covers }.
-- Masks of one area have IoD = IoH: there the lift, |D∩H| · N / (|D| |H|), says how much more they lie on each other than masks
-- thrown at random.
function syntax.overlap(dependent, head)
  local found = {}
  for name, mask_of in pairs(readings) do
    local d, h = mask_of(dependent), mask_of(head)
    local both, own, other = (d * h):sum():item(), d:sum():item(), h:sum():item()
    found[name] = {
      iou = both / (own + other - both), iod = both / own, ioh = both / other,
      lift = both * d:numel() / (own * other), covers = (own + other) / 2 / d:numel(),
    }
  end
  return found
end

local function map_of(result, place)
  local numbers = result.maps[place]
  return numbers and t(numbers):view{ result.height, result.width } or nil
end

local content = { NOUN = true, PROPN = true, ADJ = true, VERB = true, ADV = true }

local function is_linked(words, i, j) return words[i].head == j or words[j].head == i end

-- the unlinked pair of one sentence whose parts of speech are those of (i, j) and whose distance is nearest
local function unlinked_like(words, i, j)
  local best, least
  for a = 1, #words do
    for b = 1, #words do
      if a ~= b and words[a].upos == words[i].upos and words[b].upos == words[j].upos and not is_linked(words, a,
        b) then
        local far = math.abs(math.abs(a - b) - math.abs(i - j))
        if not least or far < least then best, least = { a, b }, far end
      end
    end
  end
  return best
end

--- One row per edge between words that carry meaning: { relation, prompt, linked, unlinked (the control in the same sentence, or
-- nil), elsewhere (the head here with the dependent of the same relation in the picture before, or nil) }, each by reading.
function syntax.pairs(sentences, results)
  local rows, last = {}, {}
  for number, one in ipairs(sentences) do
    local words, result = one.words, results[number]
    for i, word in ipairs(words) do
      local j = word.head
      if j > 0 and content[word.upos] and content[words[j].upos] then
        local dependent, head = map_of(result, i), map_of(result, j)
        if dependent and head then
          local row = { relation = word.relation, prompt = one.text, linked = syntax.overlap(dependent, head) }
          local control = unlinked_like(words, i, j)
          local a, b = control and map_of(result, control[1]), control and map_of(result, control[2])
          if a and b then row.unlinked = syntax.overlap(a, b) end
          local other = last[word.relation]
          if other and other:numel() == head:numel() then row.elsewhere = syntax.overlap(other, head) end
          last[word.relation] = dependent
          rows[#rows + 1] = row
        end
      end
    end
  end
  return rows
end

--- A number of rows, with their prompts: of `which` ("linked", "unlinked", "elsewhere").
function syntax.column(rows, which, reading, field)
  local values, prompts = {}, {}
  for i, row in ipairs(rows) do
    prompts[i] = row.prompt
    local found = row[which]
    values[i] = found and found[reading][field]
  end
  return values, prompts
end

return syntax
