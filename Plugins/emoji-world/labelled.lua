-- A hundred pictures that the shipped weights drew, labelled by eye before the judge had looked: `model` and `judge`, the
-- fingerprints that the answers belong to, and `pictures`, each with `prompt`, `seed`, `asked` (its nouns), `eye` and `judge` (what
-- each of them names). Written by Scripts/dev/evaluate-emoji-world/agreement.lua.
local _, path = ...
return assert(lunette.json.load(path:match("^(.*)/") .. "/data/labelled.json"))
