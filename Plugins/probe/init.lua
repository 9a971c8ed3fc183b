-- Sweeps of patches: which site, step, head or token carries what tells two runs apart.
local complain = require "probe.complain"
local axes = require "probe.axes"
local result = require "probe.result"
local probe = {}

local known = {
  "model", "clean", "corrupted", "seeds", "sites", "over", "steps", "heads", "tokens", "token_labels", "metric",
  "call", "patch", "level", "on_progress",
}

local function checked(options)
  if type(options) ~= "table" then complain(1, "sweep", "table expected, got %s", type(options)) end
  local names = {}
  for _, name in ipairs(known) do names[name] = true end
  for name in pairs(options) do
    if not names[name] then complain(1, "sweep", "unknown option '%s'", tostring(name)) end
  end
  for _, name in ipairs{ "model", "clean", "corrupted", "sites" } do
    if options[name] == nil then complain(1, "sweep", "option '%s' expected", name) end
  end
  local over = options.over or { "site" }
  if type(over) == "string" then over = { over } end
  if #over < 1 or #over > 2 then
    complain(1, "sweep", "option 'over': one or two of site, step, head, token expected")
  end
  for i, name in ipairs(over) do
    if not axes[name] or over[i - 1] == name then
      complain(1, "sweep", "option 'over': one or two of site, step, head, token expected, got '%s'", tostring(name))
    end
  end
  return over
end

local function with(options, extra)
  local copy = {}
  for key, value in pairs(options) do copy[key] = value end
  for key, value in pairs(extra) do copy[key] = value end
  return copy
end

--- How far a patched run has come on the straight line from the corrupted to the clean one: 0 stayed, 1 arrived.
local function recovered(patched, clean, corrupted)
  -- Of a run its latents; an embedding as it is.
  local function state(value)
    local ok, latents = pcall(function() return value.latents end)
    return ok and latents or value
  end
  local from, to, now = state(corrupted), state(clean), state(patched)
  local way = to - from
  local length = (way * way):sum():item()
  return length == 0 and 0 or ((now - from) * way):sum():item() / length
end

--- Runs the sweep.
function probe.sweep(options)
  local over = checked(options)
  local model, metric = options.model, options.metric or recovered
  local isEncoding = options.call == "encode"
  if options.call and options.call ~= "encode" and options.call ~= "generate" then
    complain(1, "sweep", "option 'call': 'generate' or 'encode' expected, got '%s'", tostring(options.call))
  end
  local function run(request, extra)
    if isEncoding then return model:encode(with(request, extra)) end
    local out = model:generate(with(request, extra))
    return out, out.record
  end
  local items = options.seeds or { false }
  local values, rows, columns

  for number, seed in ipairs(items) do
    local own = seed and { seed = seed } or {}
    local clean, record = run(options.clean, with(own, { record = options.sites }))
    -- The corrupted run listens to the same sites, so that nothing but the patch tells a patched one from it.
    local corrupted = run(options.corrupted, with(own, { record = options.sites }))
    local sites = record:sites()
    if not rows then
      rows = axes[over[1]](sites, options)
      columns = over[2] and axes[over[2]](sites, options) or { { label = "" } }
      values = {}
      for i in ipairs(rows) do
        values[i] = {}
        for j in ipairs(columns) do values[i][j] = {} end
      end
    end
    local heads = {}
    for _, site in ipairs(sites) do heads[site.name] = site.heads or 0 end
    for i, row in ipairs(rows) do
      for j, column in ipairs(columns) do
        local site, head = row.site or column.site, row.head or column.head
        if not (site and head and head > heads[site]) then
          local patch = with(options.patch or {}, { from = record, sites = site or options.sites })
          patch = with(with(patch, row.patch or {}), column.patch or {})
          local patched = run(options.corrupted, with(own, { patch = { patch }, record = options.sites }))
          local effect = metric(patched, clean, corrupted)
          if type(effect) ~= "number" then
            complain(1, "sweep", "metric must return a number, got %s", type(effect))
          end
          table.insert(values[i][j], effect)
        end
      end
      if options.on_progress then options.on_progress((number - 1) * #rows + i, #items * #rows) end
    end
  end
  return result.new(values, rows, columns, { over = over, level = options.level or 0.95 })
end

return probe
