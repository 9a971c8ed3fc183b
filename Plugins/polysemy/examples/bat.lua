-- %% [markdown]
-- # What stands beside a word turns its sense, before a picture is drawn

-- %%
local polysemy = require "polysemy"
local model = assert(lunette.load())
local places = polysemy.text.read(model, "bat", { "night", "cave" }, { "night", "cave", "ball" })
for context, place in lunette.spairs(places) do print(("%-6s %.2f"):format(context, place)) end
