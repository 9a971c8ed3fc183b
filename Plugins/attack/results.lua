-- The samples of all prompts in the arms, what CLIP and the judge said of them, and the tables of it. Intervals are drawn over
-- nouns.
local lunette = require "lunette"
local arms = require "attack.arms"
local study = require "study"
local report, estimate, stats = study.report, study.estimate, lunette.stats

local Results = {}
local meta = { __index = Results }

--- Draws every arm's samples.
-- @param tasks with `found`, what arms.searched gave, and `first_seed`; `count` samples of each arm
-- @param o as for arms.pictures
-- @return with tasks, count, drawn and judged (by task and arm, lists by sample)
function Results.new(model, tasks, count, o)
  local self = setmetatable({ model = model, tasks = tasks, count = count, o = o, drawn = {}, judged = {} }, meta)
  for i, task in ipairs(tasks) do
    self.drawn[i], self.judged[i] = {}, {}
    for _, arm in ipairs(arms.names) do
      self.drawn[i][arm] = arms.samples(arm, task, task.found, count, task.first_seed)
      self.judged[i][arm] = arms.pictures(model, self.drawn[i][arm], o)
    end
  end
  return self
end

--- Rates prompt by prompt: a list of { noun, rates = by arm }.
-- @param by "clip", "elsewhere" or "judge"; `kind` "short", "long" or nil for all
function Results:rates(by, kind)
  local list = {}
  for i, task in ipairs(self.tasks) do
    if not kind or task.kind == kind then
      local row = { noun = task.noun, rates = {} }
      for _, arm in ipairs(arms.names) do row.rates[arm] = arms.rates(self.drawn[i][arm], self.judged[i][arm], by) end
      list[#list + 1] = row
    end
  end
  return list
end

--- An arm's share of samples ("rate"), or of prompts of which at least one sample succeeds ("any").
function Results.share(rows, arm, field)
  local answers, nouns = arms.answers(rows, arm, field)
  return estimate.share(answers, nouns)
end

--- The attack's rate (or "any") minus that of another arm, prompt by prompt.
-- @param o other, by, field ("rate")
-- @param opts level
function Results:less(o, opts)
  local values, nouns = arms.differences(self:rates(o.by), "attack", o.other, o.field or "rate")
  return estimate.mean(values, nouns, opts)
end

--- One row per arm: rates per sample and any of n, by CLIP and by the judge.
function Results:arm_table()
  local by_clip, by_judge, rows = self:rates("clip"), self:rates("judge"), {}
  for _, arm in ipairs(arms.names) do
    local row = { arm, #self.tasks * self.count }
    for _, list in ipairs{ by_clip, by_judge } do
      for _, field in ipairs{ "rate", "any" } do
        row[#row + 1] = report.interval(Results.share(list, arm, field), "none")
      end
    end
    rows[#rows + 1] = row
  end
  return lunette.table(rows, {
    columns = {
      "arm", "samples", "CLIP: per sample [95 %]", ("CLIP: any of %d [95 %%]"):format(self.count),
      "judge: per sample [95 %]", ("judge: any of %d [95 %%]"):format(self.count),
    },
  })
end

--- Bars of the rates per sample.
function Results:bars(by, title)
  local rows, found = self:rates(by), {}
  for k, arm in ipairs(arms.names) do found[k] = Results.share(rows, arm, "rate") or false end
  return report.bars(arms.names, found, { title = title, y_label = "share of samples", y_range = { 0, 1 } })
end

--- The attack's rate minus that of each control: a list of { by, other, found = interval, p (Holm's) }.
function Results:contrasts()
  local list, ps = {}, {}
  for _, by in ipairs{ "clip", "judge" } do
    for _, other in ipairs{ "reseeded", "reworded", "random", "start" } do
      local flipped = arms.flipped(arms.differences(self:rates(by), "attack", other, "rate"))
      list[#list + 1] = {
        by = by, other = other, found = self:less{ other = other, by = by }, p = flipped and flipped.p,
      }
      ps[#ps + 1] = flipped and flipped.p or 1
    end
  end
  for i, p in ipairs(stats.holm(ps)) do list[i].p = list[i].p and p end
  return list
end

--- The contrasts as a table.
function Results:contrast_table(contrasts)
  local rows = {}
  for i, one in ipairs(contrasts) do
    rows[i] = {
      ("attack − %s"):format(one.other), one.by == "clip" and "CLIP" or "the judge", #self.tasks,
      one.found and one.found.clusters or "–", report.interval(one.found, "none"), report.p(one.p),
    }
  end
  return lunette.table(rows, {
    columns = { "difference", "by", "prompts", "nouns", "per sample [95 %, over nouns]", "p (Holm)" },
  })
end

--- "Any of n" in the arms and by chance, beside the paper's.
-- @param paper a list of { kind, text }
function Results:chance_table(paper)
  local rows = {}
  for i, one in ipairs(paper) do
    local list = self:rates("clip", one[1])
    local error_rate = Results.share(list, "reseeded", "rate")
    rows[i] = { one[1], one[2] }
    for _, arm in ipairs{ "attack", "random", "reseeded" } do
      table.insert(rows[i], report.interval(Results.share(list, arm, "any"), "none"))
    end
    table.insert(rows[i], report.interval(error_rate, "none", 3))
    for _, of in ipairs{ self.count, 100 } do
      table.insert(rows[i], report.interval(error_rate and arms.any_of(error_rate, of)))
    end
  end
  local of = ("any of %d"):format(self.count)
  return lunette.table(rows, {
    columns = {
      "prompts", "the paper, any of 100", "attack, " .. of, "random, " .. of, "reseeded, " .. of,
      "error of a clean picture", "by chance, " .. of, "by chance, any of 100",
    },
  })
end

--- Samples, first ones of all prompts first, for which `keep(sample, verdict)` holds, at most `most` of them.
-- @return a list of { sample, verdict, arm, task (its number) }
function Results:some(arm, most, keep)
  local list = {}
  for j = 1, self.count do
    for i in ipairs(self.tasks) do
      local sample, verdict = self.drawn[i][arm][j], self.judged[i][arm][j]
      if #list < most and keep(sample, verdict) then
        list[#list + 1] = { sample = sample, verdict = verdict, arm = arm, task = i }
      end
    end
  end
  return list
end

--- All samples of an arm.
function Results:all(arm)
  local list = {}
  for i in ipairs(self.tasks) do table.move(self.drawn[i][arm], 1, self.count, #list + 1, list) end
  return list
end

return Results
