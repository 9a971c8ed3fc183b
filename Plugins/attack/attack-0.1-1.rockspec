rockspec_format = "3.0"
package = "attack"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/attack" }
description = {
  summary = "Prompts that lose what they name, found by gradients",
  detailed = "A Gumbel-softmax attack on the prompt through CLIP, with the controls that it needs (Du et al., NeurIPS 2023).",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:files" },
}
dependencies = {
  "lua >= 5.4", "daam >= 0.1, < 1", "emoji-world >= 0.1, < 1", "generation_speed >= 0.1, < 1", "study >= 0.1, < 1",
}
build = {
  type = "builtin",
  modules = {
    ["attack"] = "init.lua",
    ["attack.arms"] = "arms.lua",
    ["attack.corpus"] = "corpus.lua",
    ["attack.defence"] = "defence.lua",
    ["attack.eye"] = "eye.lua",
    ["attack.failure"] = "failure.lua",
    ["attack.health"] = "health.lua",
    ["attack.language"] = "language.lua",
    ["attack.losses"] = "losses.lua",
    ["attack.objective"] = "objective.lua",
    ["attack.positions"] = "positions.lua",
    ["attack.prompts"] = "prompts.lua",
    ["attack.results"] = "results.lua",
    ["attack.search"] = "search.lua",
    ["attack.texts"] = "texts.lua",
    ["attack.transfer"] = "transfer.lua",
  },
  copy_directories = { "examples", "tests" },
}
