-- Trials are measured once, and a run that was cut off goes on.
local study = require "study"

-- As a plugin's test it may only write to the run's output folder.
local folder, name = lunette.output_folder(), "trials-test"
if not folder then
  local path = os.tmpname()
  folder, name = path:match("^(.*)/([^/]*)$")
  os.remove(path)
end
local file = ("%s/%s.jsonl"):format(folder, name)
assert(io.open(file, "w")):close()  -- an earlier run may have left it

local calls = {}
local function measure(part)
  local results = {}
  for i, key in ipairs(part) do
    calls[#calls + 1] = key.seed
    results[i] = { square = key.seed ^ 2, third = 1 / 3 * key.seed, nested = { { yes = true } } }
  end
  return results
end
local function keys(n)
  local list = {}
  for seed = 1, n do list[seed] = { seed = seed } end
  return list
end

local fresh = study.trials.open(name, { model = "m" }, { folder = folder, size = 2 })
local results = fresh:run(keys(5), measure)
assert(#calls == 5 and fresh.measured == 5 and fresh.found == 0)
assert(results[3].square == 9 and results[3].nested[1].yes == true)

-- a larger n measures what is new, with equal numbers for the rest
local more = study.trials.open(name, { model = "m" }, { folder = folder })
local longer = more:run(keys(6), measure)
assert(#calls == 6 and more.found == 5)
assert(longer[2].third == results[2].third and math.type(longer[2].square) == math.type(results[2].square))

-- half a line, as a killed run leaves it, is measured again and spoils nothing
local handle = assert(io.open(file, "a"))
handle:write('{"key":{"model":"m","seed":7},"resu')
handle:close()
study.trials.open(name, { model = "m" }, { folder = folder }):run({ { seed = 7 } }, measure)
assert(#calls == 7)
study.trials.open(name, { model = "m" }, { folder = folder }):run(keys(7), measure)
assert(#calls == 7, "everything is known now")

-- another model is another trial
study.trials.open(name, { model = "other" }, { folder = folder }):run({ { seed = 1 } }, measure)
assert(#calls == 8)
pcall(os.remove, file)

-- without a folder nothing is kept but within the run
local loose = study.trials.open("loose", {}, { folder = false })
loose:run({ { seed = 1 } }, measure)
loose:run({ { seed = 1 } }, measure)
assert(not loose.path and loose.found == 1 and #calls == 9)
