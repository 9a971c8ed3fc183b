rockspec_format = "3.0"
package = "entanglement"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/entanglement" }
description = {
  summary = "Nouns that get in each other's way",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4", "daam >= 0.1, < 1", "study >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["entanglement"] = "init.lua",
    ["entanglement.continuation"] = "continuation.lua",
    ["entanglement.health"] = "health.lua",
    ["entanglement.nulls"] = "nulls.lua",
    ["entanglement.pairs"] = "pairs.lua",
  },
  copy_directories = { "examples", "tests" },
}
