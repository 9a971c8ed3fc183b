rockspec_format = "3.0"
package = "generation_speed"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/generation_speed" }
description = {
  summary = "How soon a noun's picture is what it will be",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4", "study >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["generation_speed"] = "init.lua",
    ["generation_speed.health"] = "health.lua",
    ["generation_speed.nulls"] = "nulls.lua",
  },
  copy_directories = { "examples", "tests" },
}
