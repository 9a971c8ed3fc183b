rockspec_format = "3.0"
package = "emoji-world"
version = "0.2-1"
source = { url = "git+https://example.org/lunette.git", dir = "lunette/Plugins/emoji-world" }
description = {
  summary = "A small Stable Diffusion of emoji scenes, the built-in model",
  license = "Apache-2.0",
  labels = { "lunette", "lunette >= 0.1" },
}
dependencies = { "lua >= 5.4" }
build = {
  type = "builtin",
  modules = {
    ["emoji-world.extensions"] = "extensions.lua",
    ["emoji-world.health"] = "health.lua",
    ["emoji-world.judge"] = "judge.lua",
    ["emoji-world.labelled"] = "labelled.lua",
    ["emoji-world.reference"] = "reference.lua",
    ["emoji-world.world"] = "world.lua",
  },
  copy_directories = { "data", "judge", "model", "reference", "tests", "examples" },
}
