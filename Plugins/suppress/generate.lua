-- One picture, with words suppressed.
local lunette = require "lunette"
local complain = lunette.argument_error
local methods = require "suppress.methods"
local rows = require "suppress.rows"

local common = {
  prompt = { "string" }, word = { "string", list = "or one", required = true }, method = { "string", "optimize" },
  seed = { "any" }, noise = { "tensor" }, inversion = { "table" },
  steps = { "integer", 50, min = 1 }, guidance = { "number" }, trace = { "any" },
  width = { "integer", min = 1 }, height = { "integer", min = 1 },
}

local function names(list)
  local found = {}
  for name in pairs(list) do found[#found + 1] = name end
  table.sort(found)
  return table.concat(found, ", ")
end

-- The checked options of a method; those of a run on an inverted picture come from its inversion.
local function read(opts, fail)
  local name = type(opts) == "table" and opts.method or "optimize"
  if name == "optimise" then name = "optimize" end  -- its old name
  local method = methods[name]
  if not method then fail("there is no method '%s'; there are %s", tostring(name), names(methods)) end
  local spec = {}
  for _, each in ipairs{ common, method.options } do
    for key, kind in pairs(each) do spec[key] = kind end
  end
  local o = lunette.options.read(opts, spec, "generate", 2)
  o.method = name
  if o.inversion then
    for _, key in ipairs{ "prompt", "seed", "noise", "steps", "guidance", "width", "height" } do
      if opts[key] ~= nil then fail("option '%s': the inversion says it", key) end
    end
    o.prompt, o.steps, o.guidance = o.inversion.prompt, o.inversion.steps, o.inversion.guidance
  elseif not o.prompt then
    fail("option 'prompt': a string expected, got nil")
  end
  if method.options.rate and not o.rate then o.rate = o.inversion and 5 or 20 end
  return o, method
end

local function prepared(model, o, fail)
  local task = { fail = fail, embedding = model:encode(o.prompt) }
  task.rows, task.text = rows.of(model, o.prompt, o.word, fail)
  if o.inversion then
    task.latents = o.inversion.noise
    task.uncond = function(step) return o.inversion.uncond[step] end
  else
    local empty = model:encode("")
    task.latents = o.noise or model:noise{ seed = o.seed, width = o.width, height = o.height }
    task.uncond = function() return empty end
  end
  return task
end

local function every(steps, of)
  local list = {}
  for step = 1, steps do list[step] = of(step) end
  return list
end

--- A picture of the prompt in which the words are suppressed.
-- @param opts word (or a list of words), method ("optimize", the whole of SuppressEOT, or another of README.md), prompt and
--   seed, or inversion (what suppress.invert gave); the options of the method: see README.md
-- @return what model:generate gives, and { method, rows, embedding (the edited one, where the method edits it), seconds, losses }
return function(model, opts)
  local function fail(...) complain(2, "generate", ...) end
  local o, method = read(opts, fail)
  local started = lunette.clock()
  local task = prepared(model, o, fail)
  local report = { method = o.method, rows = task.rows }
  local fields, edited = method.plan(model, task, o, report)
  fields.latents, fields.start_step = task.latents, 1
  fields.uncond = fields.uncond or every(o.steps, task.uncond)
  fields.steps, fields.guidance, fields.scheduler, fields.trace = o.steps, o.guidance, "ddim", o.trace
  local out = model:generate(fields)
  report.embedding, report.seconds = edited, lunette.clock() - started
  return out, report
end
