-- %% [markdown]
-- # One prompt, six seeds

-- %%
local model = assert(lunette.load("emoji-world"))
local seeds = { 1, 2, 3, 4, 5, 6 }
local out = model:generate{ prompt = "a cat and a pistol", seeds = seeds, steps = 20 }
lunette.display(lunette.image.grid(out.images, { columns = 3, labels = { "1", "2", "3", "4", "5", "6" } }))
