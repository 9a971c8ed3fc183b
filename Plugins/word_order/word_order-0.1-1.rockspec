rockspec_format = "3.0"
package = "word_order"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/word_order" }
description = {
  summary = "The same nouns in another order",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4", "daam >= 0.1, < 1", "study >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["word_order"] = "init.lua",
    ["word_order.analysis"] = "analysis.lua",
    ["word_order.health"] = "health.lua",
    ["word_order.measure"] = "measure.lua",
    ["word_order.text"] = "text.lua",
  },
  copy_directories = { "examples", "tests" },
}
