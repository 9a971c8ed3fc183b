-- What a study is to find out, said before it runs: one primary outcome, others beside it, for each the smallest effect worth
-- speaking of.
local lunette = require "lunette"
local report = require "study.report"
local verdict_of = require "study.verdict"

local Plan = {}
local meta = { __index = Plan }

local sides = { more = true, less = true, either = true }
local known = { claim = true, name = true, null = true, paper = true, side = true, smallest = true, digits = true }

local function complain(message, ...) error("plan: " .. message:format(...), 0) end

local function checked(outcome, place)
  if type(outcome) ~= "table" or type(outcome.name) ~= "string" then complain("%s: a name expected", place) end
  for key in lunette.spairs(outcome) do
    if not known[key] then complain("'%s': unknown field '%s'", outcome.name, tostring(key)) end
  end
  if type(outcome.smallest) ~= "number" or outcome.smallest < 0 then
    complain("'%s': smallest, the least effect worth speaking of, expected", outcome.name)
  end
  if outcome.side ~= nil and not sides[outcome.side] then
    complain("'%s': side \"more\", \"less\" or \"either\" expected, got %s", outcome.name, tostring(outcome.side))
  end
  return outcome
end

--- Declares a study.
-- @param facts unit (what a finding is to hold for, in the plural: "nouns", "pairs of nouns" …), primary (an outcome), secondary
-- (a list of
--   outcomes), level (0.95). An outcome is { name =, smallest =, null = (0), side = "more", "less" or "either", paper = what the
--   paper says }
-- @return a plan. The primary outcome has an interval at `level`; the others share one error: together they cover at `level`.
function Plan.new(facts)
  if type(facts) ~= "table" then complain("a table expected") end
  if type(facts.unit) ~= "string" then complain("unit, what a finding is to hold for, expected") end
  local secondary = facts.secondary or {}
  local self = setmetatable({
    unit = facts.unit, level = facts.level or 0.95, outcomes = { checked(facts.primary, "primary") },
    answers = {}, of = {},
  }, meta)
  for i, outcome in ipairs(secondary) do
    self.outcomes[i + 1] = checked(outcome, ("secondary %d"):format(i))
  end
  for _, outcome in ipairs(self.outcomes) do
    if self.of[outcome.name] then complain("'%s' stands there twice", outcome.name) end
    self.of[outcome.name] = outcome
  end
  self.corrected = #secondary > 0 and lunette.stats.sidak(#secondary, { level = self.level }) or self.level
  return self
end

--- The level that the interval of an outcome is to have.
function Plan:level_of(name)
  if not self.of[name] then complain("'%s' was not declared", tostring(name)) end
  return name == self.outcomes[1].name and self.level or self.corrected
end

-- A cell that ends with an answer shows it in words.
local function in_words(found, outcome, verdict)
  if type(found) ~= "table" or getmetatable(found) then return found end
  return setmetatable(found, { __tostring = function()
    return ("%s: %s (%s)"):format(outcome.name, report.interval(found, nil, outcome.digits), verdict)
  end })
end

--- Answers an outcome.
-- @param compute gets { level = } and gives an interval with that level, or nil and why there is none
-- @return that interval, which tostring puts into words
function Plan:answer(name, compute)
  local level = self:level_of(name)
  if self.answers[name] then complain("'%s' was answered before", name) end
  local found, reason = compute{ level = level }
  local verdict = verdict_of(found, self.of[name])
  self.answers[name] = { found = found, reason = reason, verdict = verdict }
  return in_words(found, self.of[name], verdict), reason
end

--- The verdict on an outcome; nil before it was answered.
function Plan:verdict(name)
  return self.answers[name] and self.answers[name].verdict
end

local function claim_of(outcome)
  if outcome.claim then return outcome.claim end
  local null = ("%g"):format(outcome.null or 0)
  if outcome.side == "either" then return "differs from " .. null end
  return ("%s than %s"):format(outcome.side == "less" and "less" or "more", null)
end

--- What was declared, for the head of a notebook.
function Plan:declaration()
  local rows = {}
  for i, outcome in ipairs(self.outcomes) do
    rows[i] = {
      i == 1 and "primary" or "secondary", outcome.name, claim_of(outcome), outcome.smallest,
      ("%.1f %%"):format(100 * self:level_of(outcome.name)),
    }
  end
  return lunette.table(rows, { columns = { "", "outcome", "claim", "smallest effect that matters", "interval" } })
end

--- What was found, beside what the paper says.
function Plan:findings()
  local rows = {}
  for i, outcome in ipairs(self.outcomes) do
    local answer = self.answers[outcome.name] or { reason = "not measured", verdict = "empty" }
    rows[i] = {
      i == 1 and "primary" or "", outcome.name, outcome.paper or "–", ("%g"):format(outcome.smallest),
      report.interval(answer.found, answer.reason, outcome.digits), answer.verdict,
    }
  end
  return lunette.table(rows, {
    columns = { "", "outcome", "the paper", "smallest", ("here, drawn over the %s"):format(self.unit), "verdict" },
  })
end

return Plan.new
