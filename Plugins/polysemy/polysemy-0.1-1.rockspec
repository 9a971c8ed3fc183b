rockspec_format = "3.0"
package = "polysemy"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/polysemy" }
description = {
  summary = "Which sense of a word is drawn, and what turns it",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4", "daam >= 0.1, < 1", "study >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["polysemy"] = "init.lua",
    ["polysemy.analysis"] = "analysis.lua",
    ["polysemy.health"] = "health.lua",
    ["polysemy.measure"] = "measure.lua",
    ["polysemy.senses"] = "senses.lua",
    ["polysemy.text"] = "text.lua",
  },
  copy_directories = { "examples", "tests" },
}
