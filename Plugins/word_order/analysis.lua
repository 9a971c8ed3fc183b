-- What the trials say: who is lost at which position, and who comes to stand where.
local analysis = {}

local function matrix(rows, columns)
  local cells = {}
  for i = 1, rows do
    cells[i] = {}
    for j = 1, columns do cells[i][j] = { successes = 0, n = 0 } end
  end
  return cells
end

local function count(cell, yes)
  cell.n = cell.n + 1
  if yes then cell.successes = cell.successes + 1 end
end

--- How often the noun at each position of the prompt is in the picture: a list of { successes =, n = }.
function analysis.presence(trials, size)
  local found = matrix(1, size)[1]
  for _, trial in ipairs(trials) do
    for _, drawn in ipairs(trial.drawn) do
      for position = 1, size do count(found[position], drawn.seen[position].present) end
    end
  end
  return found
end

--- The share of each position in each trial: lists that go together trial by trial, as paired tests want them.
function analysis.presence_by_trial(trials, position)
  local shares = {}
  for i, trial in ipairs(trials) do
    local present = 0
    for _, drawn in ipairs(trial.drawn) do present = present + (drawn.seen[position].present and 1 or 0) end
    shares[i] = present / #trial.drawn
  end
  return shares
end

local function position_of(order, noun)
  for position, other in ipairs(order) do
    if other == noun then return position end
  end
end

--- Of the nouns that are in the picture when they stand at position i, how many are still there when they stand at position j
-- of another order, from the same noise: cell [i][j] = { successes =, n = }. On the diagonal the noun keeps its place and the
-- others change theirs (there is no such order of two nouns).
function analysis.transitions(trials, size)
  local cells = matrix(size, size)
  for _, trial in ipairs(trials) do
    for a, from in ipairs(trial.drawn) do
      for b, to in ipairs(trial.drawn) do
        for i, noun in ipairs(from.order) do
          if a ~= b and from.seen[i].present then
            local j = position_of(to.order, noun)
            count(cells[i][j], to.seen[j].present)
          end
        end
      end
    end
  end
  return cells
end

--- Where on the canvas each position of the prompt comes to stand, in pictures that show all nouns: cell [i][r] counts how often
-- the noun at position i is the r-th from the left. Empty for judges that do not say where things are.
function analysis.canvas(trials, size)
  local cells, pictures = matrix(size, size), 0
  for _, trial in ipairs(trials) do
    for _, drawn in ipairs(trial.drawn) do
      local places = {}
      for position, seen in ipairs(drawn.seen) do
        if seen.present and seen.x then places[#places + 1] = { position = position, x = seen.x } end
      end
      if #places == size then
        pictures = pictures + 1
        table.sort(places, function(a, b) return a.x < b.x end)
        for rank, place in ipairs(places) do
          for other = 1, size do count(cells[place.position][other], other == rank) end
        end
      end
    end
  end
  return cells, pictures
end

--- The values of a field of the maps ("mass", "area", "x", "y") by position, one list per trial: clusters for a bootstrap.
function analysis.maps(trials, position, field)
  local clusters = {}
  for i, trial in ipairs(trials) do
    clusters[i] = {}
    for k, drawn in ipairs(trial.drawn) do clusters[i][k] = drawn.maps[position][field] end
  end
  return clusters
end

--- The change between two orders ("ssim", "coarse", "clip"), one list per trial.
function analysis.changes(trials, field)
  local clusters = {}
  for i, trial in ipairs(trials) do
    clusters[i] = {}
    for _, change in ipairs(trial.changes) do
      if change[field] then table.insert(clusters[i], change[field]) end
    end
  end
  return clusters
end

--- What a finding is drawn over: the pair of nouns of a set, so that sets which share a noun go together; of larger sets the set.
function analysis.unit(set)
  return #set == 2 and { set[1], set[2] } or table.concat(set, " and ")
end

-- means of what is kept under one of three names
local function kept(sums)
  local means = {}
  for name, one in pairs(sums) do means[name] = one[2] > 0 and one[1] / one[2] or nil end
  return means
end

local function note(sums, name, value)
  local one = sums[name]
  one[1], one[2] = one[1] + value, one[2] + 1
end

--- Of every noun that is drawn in a set's first order: how often is it gone from the same noise in the other orders, in other
-- words, and from another seed?
-- @return a list of { order =, wording =, seed =, unit = }
function analysis.losses(trials)
  local rows = {}
  for _, trial in ipairs(trials) do
    local first = trial.drawn[1]
    for position, noun in ipairs(first.order) do
      if first.seen[position].present then
        local sums = { order = { 0, 0 }, wording = { 0, 0 }, seed = { 0, 0 } }
        for k = 2, #trial.drawn do
          local to = trial.drawn[k]
          note(sums, "order", to.seen[position_of(to.order, noun)].present and 0 or 1)
        end
        for _, null in ipairs(trial.nulls) do
          note(sums, null.is_seed and "seed" or "wording", null.seen[position].present and 0 or 1)
        end
        local row = kept(sums)
        row.unit = analysis.unit(first.order)
        rows[#rows + 1] = row
      end
    end
  end
  return rows
end

--- How far the picture of a set's first order is from those of the other orders, of other words, and of another seed.
-- @param field "ssim", "coarse" or "clip"
-- @return a list of { order =, wording =, seed =, unit = }, one per trial
function analysis.distances(trials, field)
  local rows = {}
  for i, trial in ipairs(trials) do
    local sums = { order = { 0, 0 }, wording = { 0, 0 }, seed = { 0, 0 } }
    -- Changes are those of pairs of orders, the first one's in front.
    for k = 1, #trial.drawn - 1 do
      if trial.changes[k][field] then note(sums, "order", trial.changes[k][field]) end
    end
    for _, null in ipairs(trial.nulls) do
      if null.change[field] then note(sums, null.is_seed and "seed" or "wording", null.change[field]) end
    end
    rows[i] = kept(sums)
    rows[i].unit = analysis.unit(trial.drawn[1].order)
  end
  return rows
end

--- The values of rows under a name, and their units.
function analysis.column(rows, name)
  local values, units = {}, {}
  for i, row in ipairs(rows) do values[i], units[i] = row[name], row.unit end
  return values, units
end

return analysis
