rockspec_format = "3.0"
package = "daam"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/daam" }
description = {
  summary = "Attribution maps of words (DAAM)",
  detailed = "Where in the picture a word of the prompt was heard, from the model's own cross-attention (Tang et al., ACL 2023).",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:files" },
}
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = {
    ["daam"] = "init.lua",
    ["daam.health"] = "health.lua",
    ["daam.maps"] = "maps.lua",
    ["daam.pattern"] = "pattern.lua",
    ["daam.replay"] = "replay.lua",
    ["daam.saved"] = "saved.lua",
    ["daam.selection"] = "selection.lua",
    ["daam.values"] = "values.lua",
    ["daam.word_map"] = "word_map.lua",
    ["daam.words"] = "words.lua",
  },
  copy_directories = { "tests", "examples", "help" },
}
