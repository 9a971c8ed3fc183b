-- %% [markdown]
-- # What does each word look at?
--
-- A text-to-image model turns a prompt into a picture in some dozens of steps. In every step, in many layers, every spot of
-- the half-finished picture *attends* to the words: it spreads a weight of 1 over the tokens of the prompt and takes in what
-- they have to say in that proportion. These weights are the **cross-attention**. Added up, they say where in the picture a
-- word was heard. That is DAAM (Tang et al., *What the DAAM: Interpreting Stable Diffusion Using Cross Attention*, ACL 2023),
-- and this notebook is a first look at it: one picture, one heat map per word, and what to think of them.

-- %% tags=["parameters"]
local prompt = "a lion with a crown"
local seed = 7
local steps = 30

-- %% [markdown]
-- ## The picture
--
-- `trace` keeps the cross-attention of the run. `steps = "each"` keeps every step by itself, which we need further down to
-- watch a word over time; plain `trace = true` keeps only the sum and takes far less memory with large models.

-- %%
local lunette = require "lunette"
local daam = require "daam"
local image, plot = lunette.image, lunette.plot

local model = assert(lunette.load())
local out = model:generate{
  prompt = prompt, seed = seed, steps = steps, guidance = 7.5, trace = { steps = "each" },
}

-- the picture with its longer side brought to `side` pixels at most
local function sized(picture, side)
  local height, width = picture:size(1), picture:size(2)
  local scale = side / math.max(height, width)
  if scale > 1 then scale = math.floor(scale) end
  local mode = scale > 1 and "nearest" or "area"
  return picture:resize(math.floor(height * scale), math.floor(width * scale), mode)
end

lunette.display(sized(out.image, 320))

-- %% [markdown]
-- ## One map per word
--
-- `daam.maps` takes every head of every cross-attention layer on the way down and up (not the middle), sums the weights over
-- the steps, brings each map to the size of the latents, and averages. A word that the tokenizer cuts into several tokens is
-- put together again. Each overlay is stretched from its own smallest to its own largest value: bright means *more than
-- elsewhere*, not *much*.

-- %%
local maps = daam.maps(out)
local words = maps:words()
local picture = sized(out.image, 192)

local overlays, labels = {}, {}
for i, word in ipairs(words) do
  overlays[i], labels[i] = word:overlay(picture), word.word
end
lunette.display(image.grid(overlays, { columns = math.min(#overlays, 4), labels = labels }))

-- %% [markdown]
-- ## Masks, and two ways to read a threshold
--
-- A mask needs a threshold τ, and here papers and programs part. The paper counts a spot as the word's when its map exceeds
-- **τ · max**. The program published with it first stretches the map to [0, 1], then asks for more than **τ**. Where a map
-- is flat (its lowest value is far above 0) the first covers much more than the second. Upper row: τ · max; lower row:
-- stretched. Both at τ = 0.4.

-- %%
local function shown_through(mask)
  local height, width = picture:size(1), picture:size(2)
  local light = mask:resize(height, width, "nearest"):unsqueeze(3) * 0.85 + 0.15
  return image.new(picture:tensor() * light)
end

local relative, stretched = {}, {}
for i, word in ipairs(words) do
  relative[i] = shown_through(word:mask(0.4))
  stretched[i] = shown_through(word:mask(0.4, { minmax = true }))
end
lunette.display(image.grid(relative, { columns = math.min(#words, 6), labels = labels }))
lunette.display(image.grid(stretched, { columns = math.min(#words, 6), labels = labels }))

-- %% [markdown]
-- ## The same in numbers
--
-- `x` and `y` are the centre of mass (0 is the left and the top edge, 1 the right and the bottom one), `max` is the largest
-- weight in a mean step, `concentration` the maximum over the mean (1: the map says nothing about *where*), the last two
-- columns are the shares of the picture that the two masks cover. One expects nouns to be more concentrated than "a" and
-- "and": see whether they are.

-- %%
local function rounded(value) return math.floor(value * 1000 + 0.5) / 1000 end

local rows = {}
for i, word in ipairs(words) do
  local stats = word:stats(0.4)
  rows[i] = {
    word.word, rounded(stats.x), rounded(stats.y), rounded(stats.max / steps),
    rounded(stats.concentration), rounded(stats.coverage), rounded(stats.coverage_minmax),
  }
end
lunette.display(lunette.table(rows, {
  columns = { "word", "x", "y", "max", "concentration", "τ · max", "stretched" },
}))

-- %% [markdown]
-- ## Who takes the attention?
--
-- The weights of a spot add up to 1 over *all* tokens: the words, but also the begin-of-text token (BOS) and the padding
-- after the end. Most models park attention on BOS when a head has nothing to ask, so that the words share what is left. A
-- word's map is therefore about *differences between places*; how bright two words are against each other says little.

-- %%
local names, shares = { "BOS" }, {}
local total = 0
for position = 1, #maps.tokens do
  shares[position] = maps:token(position).map:mean():item() / steps
  total = total + shares[position]
  if position > 1 then names[position] = maps.tokens[position].text end
end
names[#names] = "first EOT"
names[#names + 1], shares[#shares + 1] = "padding", math.max(0, 1 - total)
lunette.display(plot.bar{
  x = names, y = shares, title = "Mean share of the attention", y_label = "share",
})

-- %% [markdown]
-- ## One word over time
--
-- The most concentrated word, from the first step to the last. Early steps decide *where* things are, late ones work out
-- *what they look like*: a map that settles in the first third fixes the layout then.

-- %%
local subject = words[1]
for _, word in ipairs(words) do
  if word:stats().concentration > subject:stats().concentration then subject = word end
end
local which = { occurrence = subject.occurrence }

local moments, times = {}, {}
local count = math.min(8, steps)
for i = 1, count do
  local first = (i - 1) * steps // count + 1
  local last = i * steps // count
  local part = daam.maps(out, { steps = { first, last } }):word(subject.word, which)
  moments[i] = part:overlay(picture)
  times[i] = first == last and ("step %d"):format(first) or ("steps %d to %d"):format(first, last)
end
lunette.display(image.grid(moments, { columns = 4, labels = times }))

local index, focus = {}, {}
for step = 1, steps do
  local stats = daam.maps(out, { steps = step }):word(subject.word, which):stats()
  index[step], focus[step] = step, stats.concentration
end
lunette.display(plot.line{
  x = index, y = focus, title = ("How concentrated '%s' is"):format(subject.word),
  x_label = "step", y_label = "maximum / mean",
})

-- %% [markdown]
-- ## Head by head
--
-- The average hides that heads have trades of their own. Each row is one layer, each picture one head: some follow the object,
-- some its outline or the ground around it, some nothing that we would have a name for.

-- %%
local small = sized(out.image, 144)
local of_heads, titles, columns = {}, {}, 0
for _, layer in ipairs(maps.layers) do
  columns = math.max(columns, layer.heads)
  local way, block, place = layer.path:match("(%a+)_blocks%.(%d+)%.attentions%.(%d+)")
  for head = 1, layer.heads do
    local one = daam.maps(out, { layers = layer.path, heads = head })
    of_heads[#of_heads + 1] = one:word(subject.word, which):overlay(small)
    titles[#titles + 1] = ("%s %d.%d head %d"):format(way, block, place, head)
  end
end
lunette.display(image.grid(of_heads, { columns = columns, labels = titles }))

-- %% [markdown]
-- ## Are the maps right?
--
-- The built-in model brings a judge that says what is where in a picture. Against its masks: *IoU*, the overlap of the word's mask
-- with the thing's (1 is the same), at 0.4 of the maximum and stretched; and *average precision*, which asks only whether the
-- map ranks the thing's pixels first. The last two columns are what one gets for nothing: the whole picture as the mask, and a
-- box in the middle. A map whose 0.4 · max covers everything has the whole picture's IoU, whatever it shows.

-- %%
local judge = require("study").offered(model, "judge")
if not judge then
  print("This model brings no judge: Docs/attribution.md says how to score its maps against masks of your own.")
else
  local attribution = require "attribution"
  local objects, scored = judge(out.image), {}
  for _, word in ipairs(words) do
    for _, object in ipairs(objects) do
      if object.noun == lunette.text.lower(word.word) then
        local mask = object.mask
        local own = attribution.scores.of(word.map, mask, { 0.4 })
        local free = attribution.scores.baselines(mask:size(1), mask:size(2))
        scored[#scored + 1] = {
          word.word, rounded(own["0.4"]), rounded(own.minmax), rounded(own.ap),
          rounded(attribution.scores.of(free["whole picture"], mask, { 0.4 })["0.4"]),
          rounded(attribution.scores.of(free["centred box"], mask, { 0.4 }).ap),
        }
        if own.covers > 0.99 then
          print(("0.4 of the maximum of '%s' covers the whole picture: that mask says nothing."):format(word.word))
        elseif own.covers > 0.8 then
          print(("0.4 of the maximum of '%s' covers %.0f %% of the picture: that mask says little."):format(
            word.word, 100 * own.covers))
        end
        break
      end
    end
  end
  if #scored == 0 then
    print("The judge finds nothing that the prompt names.")
  else
    lunette.display(lunette.table(scored, {
      columns = { "word", "IoU τ · max", "IoU stretched", "precision", "IoU of everything", "precision of a box" },
    }))
  end
end

-- %% [markdown]
-- ## Where to go from here
--
-- - Change the prompt: `lunette run Scripts/daam.lua --set prompt="a bat and a ball" --set seed=3`.
-- - `daam.maps(out, { factors = 2 })` takes only layers of half the latents' size, `{ layers = "unet.up_blocks.**" }` only
--   those on the way up, `{ normalize = true }` the share that each word has among the words.
-- - `maps:word("cat"):iou(maps:word("dog"))` is the overlap of two words; a mask of your own does as well.
-- - `daam.replay` draws a prompt with the attention of another, `daam.patch` single heads of it.
-- - Whether maps lie on things, and what syntax and kindred words do to them, with controls: `Scripts/daam_segmentation.lua`,
--   `daam_syntax.lua`, `daam_semantics.lua`.
-- - The plugin is Lua on the same primitives that you have: `Plugins/daam`.
