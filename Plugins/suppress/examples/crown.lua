-- %% [markdown]
-- # A lion without the crown that the prompt gives it

-- %%
local suppress = require "suppress"
local model = assert(lunette.load())
local plain = suppress.generate(model, { prompt = "a lion with a crown", word = "crown", seed = 7, method = "none" })
local without = suppress.generate(model, { prompt = "a lion with a crown", word = "crown", seed = 7 })
lunette.display(lunette.image.grid({ plain.image, without.image }, { labels = { "as told", "suppressed" } }))
