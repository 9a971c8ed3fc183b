rockspec_format = "3.0"
package = "study"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/study" }
description = {
  summary = "What studies of prompts share: words, judges, kept trials, tables with intervals",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:files" },
}
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = {
    ["study"] = "init.lua",
    ["study.attempt"] = "attempt.lua",
    ["study.draws"] = "draws.lua",
    ["study.estimate"] = "estimate.lua",
    ["study.health"] = "health.lua",
    ["study.judge"] = "judge.lua",
    ["study.labelled"] = "labelled.lua",
    ["study.measures"] = "measures.lua",
    ["study.nouns"] = "nouns.lua",
    ["study.nulls"] = "nulls.lua",
    ["study.offered"] = "offered.lua",
    ["study.plan"] = "plan.lua",
    ["study.regression"] = "regression.lua",
    ["study.report"] = "report.lua",
    ["study.sense_vector"] = "sense_vector.lua",
    ["study.trials"] = "trials.lua",
    ["study.verdict"] = "verdict.lua",
    ["study.words"] = "words.lua",
  },
  copy_directories = { "examples", "tests" },
}
