rockspec_format = "3.0"
package = "attribution"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/attribution" }
description = {
  summary = "DAAM's own experiments: segmentation, syntax, semantics",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:files" },
}
dependencies = { "lua >= 5.4", "daam >= 0.1, < 1", "study >= 0.1, < 1", "emoji-world >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["attribution"] = "init.lua",
    ["attribution.conllu"] = "conllu.lua",
    ["attribution.health"] = "health.lua",
    ["attribution.masks"] = "masks.lua",
    ["attribution.scores"] = "scores.lua",
    ["attribution.segmentation"] = "segmentation.lua",
    ["attribution.semantics"] = "semantics.lua",
    ["attribution.syntax"] = "syntax.lua",
  },
  copy_directories = { "examples", "tests" },
}
