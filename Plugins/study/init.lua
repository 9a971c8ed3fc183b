-- What the studies of prompts share: plans and verdicts, word lists, judges, trials that are kept, measures of pictures and
-- maps, intervals over words and prompts.
return {
  attempt = require "study.attempt",
  draws = require "study.draws",
  estimate = require "study.estimate",
  judge = require "study.judge",
  labelled = require "study.labelled",
  measures = require "study.measures",
  nulls = require "study.nulls",
  offered = require "study.offered",
  plan = require "study.plan",
  regression = require "study.regression",
  report = require "study.report",
  sense_vector = require "study.sense_vector",
  trials = require "study.trials",
  verdict = require "study.verdict",
  words = require "study.words",
}
