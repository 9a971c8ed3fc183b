-- The world's facts, as the recipe of the shipped weights states them (Scripts/dev/train-emoji-world/export_world.py).
local _, path = ...
local world = assert(lunette.json.load(path:match("^(.*)/") .. "/data/world.json"))

--- Which version of the world the weights were taught.
world.weights = { version = world.version }

--- The colours by name, {red, green, blue} up to 255. `colours` is the same table under its name of before version 0.3.
world.colors = world.colours

world.none = "none of these"

world.is_accessory = {}
for _, name in ipairs(world.accessories) do world.is_accessory[name] = true end

--- What the world calls a glyph: a noun or a sense.
world.label_of_glyph = {}
for label, glyph in lunette.spairs(world.glyphs) do world.label_of_glyph[glyph] = label end

return world
