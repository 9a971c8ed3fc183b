-- %% [markdown]
-- # Which head matters?
--
-- One head of cross-attention at a time gives its mean over positions in place of its output (mean ablation), and the picture
-- is held against the one that nothing was done to.

-- %% tags=["parameters"]
local steps = 12
local prompt = "a red car"

-- %%
local lunette = require "lunette"
local metrics = lunette.metrics
local model = assert(lunette.load())
local sites = model:sites("unet.up_blocks.1.**.attn2.z")
local plain = model:generate{ prompt = prompt, seed = 7, steps = steps }

-- %%
local rows, pictures, labels = {}, { plain.image }, { "none" }
for _, site in ipairs(sites) do
  for head = 1, site.heads do
    local out = model:generate{ prompt = prompt, seed = 7, steps = steps, patch = {
      { sites = site.name, heads = head, mean = true, rows = "cond" } } }
    rows[#rows + 1] = { site = site.name, head = head, ssim = metrics.ssim(out.image, plain.image) }
    pictures[#pictures + 1], labels[#labels + 1] = out.image, ("head %d"):format(head)
  end
end
lunette.display(lunette.table(rows, { columns = { "site", "head", "ssim" } }))
lunette.display(pictures, { size = 128, labels = labels })
