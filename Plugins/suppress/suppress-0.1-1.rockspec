rockspec_format = "3.0"
package = "suppress"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/suppress" }
description = {
  summary = "Pictures without what the prompt names (SuppressEOT)",
  detailed = "Damps what the rows after the end of a text repeat of it, and optimizes the embedding (Li et al., ICLR 2024).",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4", "daam >= 0.1, < 1", "study >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["suppress"] = "init.lua",
    ["suppress.eot"] = "eot.lua",
    ["suppress.generate"] = "generate.lua",
    ["suppress.health"] = "health.lua",
    ["suppress.inversion"] = "inversion.lua",
    ["suppress.maps"] = "maps.lua",
    ["suppress.measures"] = "measures.lua",
    ["suppress.methods"] = "methods.lua",
    ["suppress.optimize"] = "optimize.lua",
    ["suppress.rows"] = "rows.lua",
    ["suppress.spectrum"] = "spectrum.lua",
    ["suppress.study"] = "study.lua",
  },
  copy_directories = { "tests", "examples" },
}
