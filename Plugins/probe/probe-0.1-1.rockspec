rockspec_format = "3.0"
package = "probe"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/probe" }
description = {
  summary = "Which site, step, head or token matters: sweeps of patches",
  detailed = "Patches one run with another's values, one site, step, head or token at a time, and draws how much of the difference each carries, with its interval.",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = {
    ["probe"] = "init.lua",
    ["probe.axes"] = "axes.lua",
    ["probe.health"] = "health.lua",
    ["probe.result"] = "result.lua",
  },
  copy_directories = { "tests", "examples", "help" },
}
