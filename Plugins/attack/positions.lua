-- Which positions of a prompt the attack may fill, and what stands at the others.
local lunette = require "lunette"
local t = lunette.tensor
local positions = {}

local function set_of(list, last)
  local set = {}
  for i = 1, last or #list do set[list[i]] = true end
  return set
end

-- the positions of a noun's tokens, all its occurrences
local function rows_of(tokens, noun, fail)
  local found, rows = lunette.text.find(tokens.words, noun), {}
  if #found == 0 then
    fail("'%s' is not in the prompt; its words are: %s", noun, table.concat(tokens.words, ", "))
  end
  for _, token in ipairs(tokens) do
    for _, place in ipairs(found) do
      if token.word and token.word >= place[1] and token.word <= place[2] then rows[token.position] = true end
    end
  end
  return rows
end

-- by mode and reading, whether a position is free
local rules = {}

--- The original's code freezes every position whose id is one of the prompt's or the start, so that the first end of text is free.
function rules.extend_code(tokens)
  local clean = set_of(tokens.ids, tokens.eot - 1)
  return function(position) return not clean[tokens.ids[position]] end
end

--- In the paper the prompt stays as it is, its end included, and what follows is filled.
function rules.extend_paper(tokens) return function(position) return position > tokens.eot end end

--- Everything but the start and the noun, the end and the padding too.
function rules.replace_code(_, noun_rows)
  return function(position) return position > 1 and not noun_rows[position] end
end

--- The prompt's own words but the noun.
function rules.replace_paper(tokens, noun_rows)
  return function(position) return position > 1 and position < tokens.eot and not noun_rows[position] end
end

--- The positions that the attack may fill, in order, from 1.
-- @param noun the word that must stay
-- @param mode "extend": the prompt's own tokens stay; "replace": only the noun stays
-- @param reading "code": as the original's program frees them (the first end of text and all padding too); "paper": behind the end
--   of the text (extend), or the prompt's own words (replace); or a list of positions
-- @param fail called with a message when there are none
function positions.free(tokens, noun, mode, reading, fail)
  local noun_rows, free = rows_of(tokens, noun, fail), {}
  if type(reading) == "table" then
    for _, position in ipairs(reading) do
      if position < 2 or position > #tokens.ids then
        fail("option 'positions': positions from 2 to %d expected, got %d", #tokens.ids, position)
      end
      if noun_rows[position] then fail("option 'positions': at %d stands '%s', which must stay", position, noun) end
    end
    local wanted = set_of(reading)
    for position = 2, #tokens.ids do
      if wanted[position] then free[#free + 1] = position end
    end
    return free
  end
  local is_free = rules[mode .. "_" .. reading](tokens, noun_rows)
  for position = 1, #tokens.ids do
    if is_free(position) then free[#free + 1] = position end
  end
  if #free == 0 then fail("no position of '%s' is free", table.concat(tokens.words, " ")) end
  return free
end

-- Runs of positions that are all free or all not, in order: { first =, last =, from = number of the first among the free ones }.
local function runs(free, count)
  local list, number = {}, set_of({})
  for i, position in ipairs(free) do number[position] = i end
  for position = 1, count do
    local run = list[#list]
    if run and (run.from ~= nil) == (number[position] ~= nil) then
      run.last = position
    else
      list[#list + 1] = { first = position, last = position, from = number[position] }
    end
  end
  return list
end

--- A function that puts the rows of the free positions, {free, width}, between those of the others.
-- @param fixed {positions, width}: what stands where nothing is free
function positions.assembler(free, fixed)
  local list = runs(free, fixed:size(1))
  return function(rows)
    local parts = {}
    for i, run in ipairs(list) do
      local length = run.last - run.first + 1
      parts[i] = run.from and rows:narrow(1, run.from, length) or fixed:narrow(1, run.first, length)
    end
    return t.cat(parts, 1)
  end
end

--- One-hot rows of ids, {ids, vocabulary}.
function positions.one_hot(ids, vocabulary)
  local index = {}
  for i, id in ipairs(ids) do index[i] = id + 1 end
  return t.one_hot(index, vocabulary)
end

return positions
