-- Sweeps of patches: which site, step, head or token carries what tells two runs apart.
local lunette = require "lunette"
local axes = require "probe.axes"
local result = require "probe.result"
local probe = {}

local spec = {
  model = { "model", required = true }, clean = { "table", required = true }, corrupted = { "table", required = true },
  sites = { "string", list = "or one", required = true }, seeds = { "integer", list = "or one" },
  over = { { "site", "step", "head", "token" }, { "site" }, list = "or one" },
  steps = { "table" }, heads = { "integer", min = 1, list = "or one" },
  tokens = { "any", list = "or one" }, token_labels = { "string", list = true },
  metric = { "function" }, call = { { "generate", "encode" }, "generate" }, patch = { "table" },
  level = { "number", 0.95, min = 0.5, max = 0.9999 }, on_progress = { "function" },
}

local function checked(given)
  local options = lunette.options.read(given, spec, "sweep", 1)
  local over = options.over
  if #over < 1 or #over > 2 or over[1] == over[2] then
    lunette.argument_error(1, "sweep", "option 'over': one or two different ones of site, step, head, token expected")
  end
  return options, over
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
function probe.sweep(given)
  local options, over = checked(given)
  local model, metric = options.model, options.metric or recovered
  local isEncoding = options.call == "encode"
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
            lunette.argument_error(1, "sweep", "metric must return a number, got %s", type(effect))
          end
          table.insert(values[i][j], effect)
        end
      end
      if options.on_progress then options.on_progress((number - 1) * #rows + i, #items * #rows) end
    end
  end
  return result.new(values, rows, columns, { over = over, level = options.level })
end

return probe
