-- What the studies of prompts share: word lists, judges, trials that are kept, measures of pictures and maps, tables with
-- intervals.
return {
  attempt = require "study.attempt",
  draws = require "study.draws",
  judge = require "study.judge",
  measures = require "study.measures",
  offered = require "study.offered",
  regression = require "study.regression",
  report = require "study.report",
  sense_vector = require "study.sense_vector",
  trials = require "study.trials",
  words = require "study.words",
}
