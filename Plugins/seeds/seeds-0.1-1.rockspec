rockspec_format = "3.0"
package = "seeds"
version = "0.1-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/seeds" }
description = {
  summary = "What a seed decides of a picture: swaps, shares of variance, rankings, style, composition, diversity",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1", "lunette:files" },
}
dependencies = { "lua >= 5.4", "study >= 0.1, < 1", "emoji-world >= 0.1, < 1" }
build = {
  type = "builtin",
  modules = {
    ["seeds"] = "init.lua",
    ["seeds.classifier"] = "classifier.lua",
    ["seeds.diversity"] = "diversity.lua",
    ["seeds.grid"] = "grid.lua",
    ["seeds.health"] = "health.lua",
    ["seeds.inpainting"] = "inpainting.lua",
    ["seeds.nulls"] = "nulls.lua",
    ["seeds.pictures"] = "pictures.lua",
    ["seeds.prompts"] = "prompts.lua",
    ["seeds.ranking"] = "ranking.lua",
    ["seeds.studio"] = "studio.lua",
    ["seeds.swap"] = "swap.lua",
    ["seeds.variance"] = "variance.lua",
  },
  copy_directories = { "examples", "tests" },
}
