-- What is drawn by chance, the same for one seed; and what can be listed.
local lunette = require "lunette"
local draws = {}

--- Different sets of `size` items, `count` of them or as many as there are, in which every item occurs about equally often.
function draws.sets(items, size, count, seed)
  if #items < size then
    error(("at least %d nouns expected, got %d"):format(size, #items), 2)
  end
  local sets, seen = {}, {}
  -- Each shuffle gives #items // size disjoint sets. Where few sets are left to be found, shuffles may go by without one.
  local idle = 0
  local round = 0
  while #sets < count and idle < 200 do
    round = round + 1
    local before = #sets
    local order = lunette.tensor.randperm(#items, { seed = seed * 1000003 + round }):tolist()
    for first = 1, #items - size + 1, size do
      local set = {}
      for i = 1, size do set[i] = items[order[first + i - 1]] end
      local sorted = table.move(set, 1, size, 1, {})
      table.sort(sorted)
      local name = table.concat(sorted, "\0")
      if not seen[name] and #sets < count then
        seen[name] = true
        sets[#sets + 1] = set
      end
    end
    idle = #sets > before and 0 or idle + 1
  end
  return sets
end

--- The seeds 1 to count.
function draws.seeds(count)
  local list = {}
  for seed = 1, count do list[seed] = seed end
  return list
end

--- Two halves of a list by chance, each in the order of the list: what is chosen on one is reported on the other.
function draws.halves(items, seed)
  local order = lunette.tensor.randperm(#items, { seed = seed }):tolist()
  local is_first, halves = {}, { {}, {} }
  for i = 1, (#items + 1) // 2 do is_first[math.tointeger(order[i])] = true end
  for i, item in ipairs(items) do table.insert(halves[is_first[i] and 1 or 2], item) end
  return halves[1], halves[2]
end

--- All orders of a list, in lexical order of the places.
function draws.permutations(list)
  if #list == 0 then return { {} } end
  local all = {}
  for first = 1, #list do
    local rest = {}
    for i, item in ipairs(list) do
      if i ~= first then rest[#rest + 1] = item end
    end
    for _, tail in ipairs(draws.permutations(rest)) do
      all[#all + 1] = table.move(tail, 1, #tail, 2, { list[first] })
    end
  end
  return all
end

return draws
