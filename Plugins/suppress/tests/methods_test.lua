-- Every method on small models: what it must be at the ends of its scale, and what it says to wrong options. arg[1] is the folder
-- of the models: one of Stable Diffusion 1, one whose texts are padded with "!", one that draws pixels without a VAE.
local lunette = require "lunette"
local suppress = require "suppress"
local near = require "suppress.tests.near"
if not (arg and arg[1]) then return require("lunette.test").skip("the small models are not at hand") end
local t = lunette.tensor

local prompt, word, steps = "a cat and a pistol", "pistol", 5

for _, name in ipairs{ "tiny-sd1", "tiny-sd2", "tiny-pixel" } do
  local model = assert(lunette.load(arg[1] .. "/" .. name))
  local noise = model:noise{ seed = 3 }

  local function run(method, opts)
    local all = { prompt = prompt, word = word, method = method, noise = noise, steps = steps, guidance = 5 }
    for key, value in pairs(opts or {}) do all[key] = value end
    return suppress.generate(model, all)
  end
  local function plain(fields)
    fields.noise, fields.steps, fields.guidance, fields.scheduler = noise, steps, 5, "ddim"
    return model:generate(fields).latents
  end
  local function same(out, latents, what) near.tensor(out.latents, latents, 2e-4, name .. ": " .. what) end
  local unedited = plain{ prompt = prompt }
  local function differs(out, what)
    assert((out.latents - unedited):abs():max():item() > 1e-3, name .. ": no effect: " .. what)
  end

  -- rows
  local rows = suppress.rows(model, prompt, word)
  local tokens = model:tokenize(prompt)
  assert(#rows.words + #rows.others == tokens.eot - 2 and rows.padding[1] == tokens.eot, name)
  assert(#rows.padding == #tokens.ids - tokens.eot + 1 and #rows.target == #rows.words + #rows.padding, name)
  for _, position in ipairs(rows.words) do
    assert(lunette.text.lower(tokens.words[tokens[position].word]) == word, name .. ": position")
  end
  assert(#suppress.rows(model, prompt, "a").words >= 2, name .. ": all occurrences")

  -- the methods that are the plain run at one end of their scale
  same(run("none"), unedited, "none")
  for method, opts in lunette.spairs{
    scale = { factor = 1 }, soften = { alpha = 0 }, strengthen = { beta = 0, gain = 1 }, cut_top = { count = 0 },
    cut_tail = { count = 0 }, low_rank = { rank = 100 }, reweight = { factor = 1 }, negative_prompt = { weight = 0 },
  } do
    same(run(method, opts), unedited, method .. " that does nothing")
  end
  -- and have an effect at the other
  for _, method in ipairs(suppress.methods()) do
    if method ~= "none" then differs(run(method), method) end
  end

  same(run("negative_prompt"), plain{ prompt = prompt, negative_prompt = word }, "negative prompt")
  same(run("drop_word"), plain{ prompt = "a cat and a" }, "without the word")
  local zeroed = model:encode(prompt):clone()
  for _, position in ipairs(rows.words) do zeroed[position] = 0 end
  same(run("scale", { rows = "words" }), plain{ embedding = zeroed }, "zeroed rows")
  local _, report = run("soften", { alpha = 0.01 })
  near.tensor(report.embedding:index_select(1, t(rows.others)), model:encode(prompt):index_select(1, t(rows.others)), 0,
    name .. ": other rows stay")

  -- no attention goes to deleted rows, and that of the others still adds up to 1
  local deleted = run("delete", { rows = "padding", trace = { steps = "each" } })
  for _, layer in ipairs(deleted.trace.layers) do
    local probs = deleted.trace:probs(layer.path, { step = 2 })
    near.tensor(probs:sum(3), t.ones{ probs:size(1), probs:size(2) }, 1e-4, name .. ": sums")
    near.number(probs:index_select(3, t(rows.padding)):max():item(), 0, 0, name .. ": deleted")
  end
  -- from a share of the steps on
  local late = run("scale", { start = 0.4 })
  local changed = 0
  plain{ prompt = prompt, on_step = function(s) changed = s.index end }
  same(late, plain{
    prompt = prompt,
    on_step = function(s)
      local edited = model:encode(prompt):clone()
      for _, position in ipairs(rows.target) do edited[position] = 0 end
      if s.index == 3 then s.embedding = edited end
    end,
  }, "from the third step")
  assert(changed == steps)
end

-- what it says to wrong options
local model = assert(lunette.load(arg[1] .. "/tiny-sd1"))
local function fails(message, opts) near.fails(message, suppress.generate, model, opts) end
local _, old = suppress.generate(model, { prompt = prompt, word = word, method = "optimise", steps = 2 })
assert(old.method == "optimize", "the old name means the same")
fails("option 'word': a string or a list of them expected, got nil", { prompt = prompt })
fails("'dog' is not in the prompt; its words are: a, cat, and, a, pistol", { prompt = prompt, word = "dog" })
fails("there is no method 'softn'", { prompt = prompt, word = word, method = "softn" })
fails("unknown option 'alpa'; did you mean 'alpha'?", { prompt = prompt, word = word, alpa = 1 })
fails("unknown option 'factor'", { prompt = prompt, word = word, method = "soften", factor = 1 })
fails("option 'alpha': a number of at least 0 expected, got -1", { prompt = prompt, word = word, alpha = -1 })
fails("option 'rows': one of 'words', 'padding', 'target' expected, got 'all'",
  { prompt = prompt, word = word, method = "soften", rows = "all" })
fails("option 'prompt': a string expected", { word = word })
fails("option 'sides': no cross-attention with maps of 3; there are maps of", {
  prompt = prompt, word = word, sides = { 3 }, steps = 2,
})
near.fails("'dog' is not in the prompt", suppress.rows, model, prompt, "dog")
assert(require("suppress.health").check(model))
