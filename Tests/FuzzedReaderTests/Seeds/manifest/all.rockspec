rockspec_format = "3.0"
package = "maps"
version = "1.2-1"
source = { url = "git+https://example.org/maps.git", tag = "v1.2", dir = "maps" }
description = { summary = "Maps", detailed = "M", license = "MIT", homepage = "h", labels = { "lunette", "lunette >= 0.1", "lunette:files" } }
dependencies = { "lua >= 5.4, < 5.5", "daam ~> 0.1", "x == 1.0-2", "y ~= 3" }
build = { type = "builtin", modules = { maps = "init.lua", ["maps.words"] = "src/words.lua" }, copy_directories = { "tests" } }
