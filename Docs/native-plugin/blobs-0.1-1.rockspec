rockspec_format = "3.0"
package = "blobs"
version = "0.1-1"
source = { url = "git+https://example.org/blobs.git" }
description = {
  summary = "Connected regions of a map, in C",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:native" },
}
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = {
    ["blobs"] = "init.lua",
    ["blobs.health"] = "health.lua",
  },
  copy_directories = { "examples", "native", "tests" },
}
