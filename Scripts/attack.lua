-- %% [markdown]
-- # Prompts that lose what they name
--
-- Du et al. (*Stable Diffusion is Unstable*, NeurIPS 2023) let gradients choose words that, written behind "a photo of a cat and
-- a", make the model draw no cat: a relaxed choice of tokens (Gumbel-softmax), optimised through the text encoder, the last step
-- of sampling, the decoder and CLIP, which is asked what it sees. They count a prompt as broken when *any of 100* samples is
-- taken for something else, and break 91.1 % of short prompts. A model that errs in 2.4 % of its pictures breaks as many by
-- chance. So there are four arms here, with equal samples and seeds, and a fifth that any effect must exceed:
--
-- - `attack`: texts drawn from what the search found,
-- - `random`: random tokens at the same places, as many,
-- - `reseeded`: the clean prompt,
-- - `start`: texts drawn from the logits as they began,
-- - `reworded`: the clean prompt with other words before it ("a picture of", "an emoji of").
--
-- Everything is kept as JSON lines in the output folder, prompt by prompt: an interrupted run goes on. `--set full=1` takes the
-- paper's 50 steps and 100 samples.

-- %% tags=["parameters"]
local n = 6
local iterations = 100
local samples = 16
local full = 0
local steps = 20
local guidance = 7.5
local mode = "extend"
local positions = "code"
local noise = "fixed"
local fluency = 0
local own_noise = 4
local transfer_seeds = 5
local modes = 6
local nouns = {}
local classes = ""
local clip = ""
local judge_kind = ""
local language = ""
local size = 0
local checkpoint = false

-- %%
local lunette = require "lunette"
local study = require "study"
local attack = require "attack"
local image, plot = lunette.image, lunette.plot
local report, arms, prompts = study.report, attack.arms, attack.prompts
local failure, defence = attack.failure, attack.defence

if full == 1 or full == true then steps, samples = 50, 100 end
local model = assert(lunette.load())
local known = study.words.of(model, nouns)
local judge = assert(study.judge.open(model, {
  vocabulary = known.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local sight = clip ~= "" and assert(lunette.load_clip(clip)) or model.clip
if not sight then
  error("the attack goes through a CLIP, and this model brings none: name one, --set clip=DIRECTORY")
end

local names = prompts.classes(known, classes)
local templates, other_templates, leads = prompts.templates(known.world)
local eye = attack.eye(sight, names, { templates = templates })
local other_eye = attack.eye(sight, names, { templates = other_templates })

local trials = study.trials.open("attack", {
  model = model.fingerprint, judge = judge.identity, clip = clip, version = 1,
  classes = lunette.sha256(table.concat(names, "\0") .. table.concat(templates, "\0")):sub(1, 16),
})
local pixels = size > 0 and size or nil
local drawing = {
  steps = steps, guidance = guidance, width = pixels, height = pixels, eye = eye, other_eye = other_eye, judge = judge,
  trials = trials,
}
local function shown(picture)
  local scale = math.max(1, 128 // picture:size(1))
  return picture:resize(picture:size(1) * scale, picture:size(2) * scale, "nearest")
end
print(("%s, judged by %s and by CLIP among %d classes"):format(model.name, judge.name, #names))

-- %% [markdown]
-- ## What is to be found out
--
-- The paper's claim is that gradients break prompts: that the attack loses the noun more often than the clean prompt does from as
-- many other seeds. That is the primary outcome, by CLIP, which is the paper's measure. Whether the *gradient* does it, the random
-- texts say; whether the noun is *gone*, the judge. One sample in twenty is the least that would matter. Intervals are drawn over
-- nouns, whose short and long prompts go together.

-- %%
local asked = {
  {
    name = "attack − reseeded, per sample, by CLIP", other = "reseeded", by = "clip",
    paper = "91.1 %, 81.2 %, any of 100",
  },
  { name = "attack − reworded, per sample, by CLIP", other = "reworded", by = "clip" },
  { name = "attack − random, per sample, by CLIP", other = "random", by = "clip" },
  { name = "attack − start, per sample, by CLIP", other = "start", by = "clip" },
  { name = "attack − reseeded, per sample, by the judge", other = "reseeded", by = "judge" },
  { name = "attack − random, per sample, by the judge", other = "random", by = "judge" },
  {
    name = ("attack − reseeded, any of %d, by CLIP"):format(samples), other = "reseeded", by = "clip", field = "any",
    paper = "no such control",
  },
}
local unseen = "the best text of attack − of random, unseen seeds, by CLIP"
local outcomes = {}
for i, one in ipairs(asked) do
  outcomes[i] = { name = one.name, smallest = 0.05, paper = one.paper or "no such control" }
end
outcomes[#outcomes + 1] = { name = unseen, smallest = 0.05, paper = "transfers" }
local plan = study.plan{
  unit = "nouns", primary = outcomes[1], secondary = table.move(outcomes, 2, #outcomes, 1, {}),
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## The prompts
--
-- Short ones leave a second place open, long ones are a sentence about one thing. As in the original, a prompt whose clean
-- picture CLIP does not name rightly is skipped.

-- %%
local tasks, corpus, rows = {}, {}, {}
for _, kind in ipairs{ "short", "long" } do
  local candidates = prompts.candidates{ nouns = nouns[1] and nouns or names, kind = kind, world = known.world }
  for _, one in ipairs(candidates) do corpus[#corpus + 1] = one.prompt end
  local count = kind == "short" and n or n // 2
  local found, skipped = arms.recognised(model, candidates, count, drawing)
  for _, task in ipairs(found) do
    task.first_seed = 100000 * (kind == "short" and 1 or 2) + 1000 * task.seed
    tasks[#tasks + 1] = task
  end
  rows[#rows + 1] = { kind, #found, skipped, found[1] and found[1].prompt or "–" }
end
lunette.display(lunette.table(rows, { columns = { "kind", "prompts", "skipped", "for example" } }))
if #tasks == 0 then print("CLIP recognises no clean picture: every number below is empty.") end

-- %% [markdown]
-- ## The search
--
-- *Lead* is how far CLIP's logit of the noun is ahead of the best other class in the picture of the relaxed prompt; below 0,
-- CLIP sees something else. The margin's loss falls until the lead is −30, and is *clamped* there. Similarity to the clean
-- prompt, which pulls the other way, is read from the text encoder. That reads from left to right: the rows of tokens that stay
-- before any that changes are what they were, so that extending a prompt costs nothing unless its padding has weight.

-- %%
local function counted(list)
  local x = {}
  for i in ipairs(list) do x[i] = i end
  return x
end

-- shown while the search runs: the loss, the lead, and a prompt that is drawn
local function search_plot(loss, lead, title)
  return plot.line{
    series = { { x = counted(loss), y = loss, label = "loss" }, { x = counted(lead), y = lead, label = "lead" } },
    title = title, x_label = "iteration", y_label = "in CLIP's logits",
  }
end

local settings = {
  mode = mode, positions = positions, noise = noise, iterations = iterations, steps = steps, guidance = guidance,
  fluency = fluency, width = pixels, height = pixels, checkpoint = checkpoint or nil,
  language = language ~= "" and language or nil,
}
local tools = { eye = eye, trials = trials, corpus = corpus }
for i, task in ipairs(tasks) do
  local loss, lead = {}, {}
  tools.on_iteration = function(parts, found)
    loss[#loss + 1], lead[#lead + 1] = parts.loss, parts.lead
    if parts.iteration % 10 == 0 and parts.iteration < iterations then
      local text = found:texts(1)[1].text
      lunette.display(search_plot(loss, lead, task.prompt), {
        id = "search", update = i > 1 or parts.iteration > 10, caption = text,
      })
    end
  end
  task.found = arms.searched(model, task, settings, samples, tools)
end
local series, seconds, clamped, padding = {}, {}, 0, nil
for i, task in ipairs(tasks) do
  local lead = task.found.history.lead
  series[i] = { x = counted(lead), y = lead, label = task.noun .. (task.kind == "long" and " (long)" or "") }
  seconds[i], clamped = task.found.seconds, clamped + task.found.clamped
  padding = task.found.padding_weight
end
if #series > 0 then
  lunette.display(plot.line{
    series = series, title = "The lead of the noun over the search", x_label = "iteration",
    y_label = "lead in CLIP's logits",
  })
  print(("A search takes %s s on average; the margin is clamped in %.0f %% of the iterations."):format(
    report.number(lunette.stats.mean(seconds), 1), 100 * clamped / (#tasks * iterations)))
  local least, most = math.huge, -math.huge
  for _, task in ipairs(tasks) do
    for _, value in ipairs(task.found.history.similarity) do
      least, most = math.min(least, value), math.max(most, value)
    end
  end
  if padding then
    print(("Of the similarity's weight, %.0f %% lies on the padding of the clean prompt."):format(100 * padding))
    print(("The similarity runs from %s to %s."):format(report.number(least, 4), report.number(most, 4)))
  end
end

-- %% [markdown]
-- ## What was drawn, and what survives typing
--
-- Draws are ids at fixed positions; a prompt is a text. Start, end and padding vanish from between the words, and other tokens
-- may spell the same letters: *round trip* is the edit distance of the ids before and after, per id. *Named* is the share of
-- texts in which the noun still stands.

-- %%
local function mean_of(list, field)
  local values = {}
  for i, each in ipairs(list) do
    local value = each[field]
    values[i] = value == true and 1 or value == false and 0 or value
  end
  return #values > 0 and lunette.stats.mean(values) or nil
end
local drawn_rows = {}
for _, arm in ipairs{ "attack", "random", "start" } do
  local all = {}
  for _, task in ipairs(tasks) do table.move(task.found[arm], 1, #task.found[arm], #all + 1, all) end
  drawn_rows[#drawn_rows + 1] = {
    arm, #all, report.number(mean_of(all, "changed"), 1), report.number(mean_of(all, "error")),
    report.number(mean_of(all, "cut")), report.number(mean_of(all, "named")),
  }
end
lunette.display(lunette.table(drawn_rows, {
  columns = { "arm", "texts", "changed tokens", "round trip", "cut off", "named" },
}))
local examples = {}
for i = 1, math.min(6, #tasks) do
  examples[i] = { tasks[i].prompt, tasks[i].found.attack[1].text, tasks[i].found.random[1].text }
end
lunette.display(lunette.table(examples, { columns = { "prompt", "attack", "random" } }))

-- %% [markdown]
-- ## The arms
--
-- Sample *j* of a prompt has the same seed in every arm, one that no search has seen. A sample succeeds when the picture is taken
-- for another class although the noun stands in its text: by CLIP, which the attack optimises, and by the judge, which it does
-- not know.
-- *Any* is the paper's count: the share of prompts of which at least one sample succeeds. Intervals are drawn over nouns: a share
-- with as many independent answers as its clusters are worth.

-- %%
local results = attack.results(model, tasks, samples, drawing)
lunette.display(results:arm_table())
lunette.display(results:bars("clip", "Lost according to CLIP"))
lunette.display(results:bars("judge", "Lost according to the judge"))

-- %% [markdown]
-- ## Paired differences
--
-- Prompt by prompt, the attack's rate minus that of each control. *p* is from sign flips of whole nouns, corrected by Holm over
-- the rows.

-- %%
lunette.display(results:contrast_table(results:contrasts()))
for _, one in ipairs(asked) do
  plan:answer(one.name, function(opts) return results:less(one, opts) end)
end

-- %% [markdown]
-- ## "Any of n" by chance
--
-- The paper's count for short and long prompts, beside what it would be without any attack: the error rate *p* of the clean
-- prompt's single pictures gives 1 − (1 − p)ⁿ. That is the most that such a rate can give: where some
-- prompts err often and others never, as the measured *reseeded, any* shows, it is less.

-- %%
lunette.display(results:chance_table{ { "short", "91.1 %" }, { "long", "81.2 %" } })

-- %% [markdown]
-- ## Transfer
--
-- On the search's own noise, the attack has optimised the very picture that is judged. Then the text with the lowest lead of each
-- prompt, chosen in the same way in the arms `attack` and `random`, on seeds that nobody has seen; the same text in prompts that
-- begin with other words; and all samples of the arms by templates of CLIP that no search used.

-- %%
local ways = attack.transfer.measure(results, { own_noise = own_noise, seeds = transfer_seeds, leads = leads })
lunette.display(attack.transfer.table(ways))
plan:answer(unseen, function(opts) return attack.transfer.less_random(ways, opts) end)

-- %% [markdown]
-- ## A gallery
--
-- One row per prompt: the clean picture on the search's noise, then the first sample of each arm from one seed. Below each, what
-- CLIP sees, and *gone* where the judge does not see the noun.

-- %%
local gallery, labels = {}, {}
for i = 1, math.min(6, #tasks) do
  local task = tasks[i]
  local clean = { text = task.prompt, noun = task.noun, seed = task.seed }
  gallery[#gallery + 1], labels[#labels + 1] = shown(arms.picture(model, clean, drawing)), "clean: " .. task.noun
  for _, arm in ipairs(arms.names) do
    gallery[#gallery + 1] = shown(arms.picture(model, results.drawn[i][arm][1], drawing))
    local seen = results.judged[i][arm][1]
    labels[#labels + 1] = ("%s: %s%s"):format(arm, seen.label, seen.absent and ", gone" or "")
  end
end
if #gallery > 0 then lunette.display(image.grid(gallery, { columns = 1 + #arms.names, labels = labels })) end

-- %% [markdown]
-- Pictures of the attack that the judge, too, takes for lost: whether they are is for the eye.

-- %%
local gone, gone_labels = {}, {}
for i, one in ipairs(results:some("attack", 10, function(sample, seen)
  return arms.succeeds(sample, seen, "judge")
end)) do
  gone[i] = shown(arms.picture(model, one.sample, drawing))
  gone_labels[i] = ("%s? CLIP: %s"):format(one.sample.noun, one.verdict.label)
end
if #gone > 0 then
  lunette.display(image.grid(gone, { columns = 5, labels = gone_labels }))
else
  print("The judge sees the noun in every picture of the attack.")
end

-- %% [markdown]
-- ## Which of the four reasons
--
-- The measures of the four studies on pictures that CLIP takes for something else (*lost*) and on others (*kept*), which are the
-- control: a reason that the kept ones show as often is none. What measures knows neither the arm nor the verdict. *Speed*: the
-- rival (the class that CLIP sees, or the best other one) has its half-time before the noun's, each alone from the same noise.
-- *Likeness*: low-pass SSIM of the two alone is above the median of random pairs. *Order*: CLIP sees the noun again when the
-- added words stand first.
-- *Sense*: a noun of two senses shows another one than in the clean prompt's picture. *Overlap* is that of the noun's map with the
-- added words'.

-- %%
local failing = { senses = judge.locates and failure.senses(known.world) or nil }
for key, value in pairs(drawing) do failing[key] = value end
local chosen, blind = failure.chosen(results, modes), {}
for i, one in ipairs(chosen) do blind[i] = one.sample end
local likenesses = failure.likeness_by_chance(model, {
  nouns = known.nouns, count = math.min(20, #known.nouns * (#known.nouns - 1) // 2), steps = steps, guidance = guidance,
  width = pixels, height = pixels, trials = trials,
})
local alike = likenesses[(#likenesses + 1) // 2] or 1
lunette.display(failure.table(chosen, failure.measure(model, blind, failing), alike))

-- %% [markdown]
-- ## The defence: which words, and were they known to do it?
--
-- Each added word counts once per text. *Caption words* stand in the training captions (known for the built-in model alone),
-- *others* are mostly fragments and single bytes.

-- %%
local kind_of = defence.kinds(names, known.world)
local words_of, added = {}, {}
for _, arm in ipairs{ "attack", "random" } do
  words_of[arm], added[arm] = defence.counts(model, results:all(arm), kind_of)
end
lunette.display(defence.kind_table(added))

-- %% [markdown]
-- The nouns that the attack writes more often than chance, and what they do without it: "a photo of an X and a W" for the nouns
-- that were attacked. Where the plain prompt loses X as often, the attack found what the model's prior already does.

-- %%
local attacked, has = {}, {}
for _, task in ipairs(tasks) do
  if not has[task.noun] and #attacked < 6 then attacked[#attacked + 1], has[task.noun] = task.noun, true end
end
local favourites = defence.favourites(words_of.attack, words_of.random, kind_of, 8)
lunette.display(defence.word_table(model, favourites, attacked, drawing))

-- %% [markdown]
-- Rewordings of texts that CLIP's verdict was lost on, from the same seed: in how many does the noun come back?

-- %%
local lost = {}
for i, one in ipairs(results:some("attack", 3 * modes, function(sample, seen)
  return arms.succeeds(sample, seen, "clip")
end)) do lost[i] = one.sample end
drawing.kind_of = kind_of
lunette.display(defence.recovery_table(defence.recovered(model, lost, drawing)))

-- %% [markdown]
-- ## Findings
--
-- The claim of each outcome is that the difference is above 0, by 0.05 at least. The paper counts "any of 100" and has none of
-- these controls.

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - CLIP's verdict is what the attack optimises, and CLIP names one class: a second object in the picture can win it while the
--   noun is still there. The judge's column and the gallery say whether it is.
-- - A random text of as many tokens is the control for "gradients"; the clean prompt with other seeds is the control for "any of
--   n".
-- - Random tokens are drawn from the whole vocabulary, where fragments are frequent; the attack may prefer whole words.
-- - A *verdict* asks whether the whole interval is on the claim's side and may matter (agrees), on the other side or short of what
--   matters (disagrees), too small to matter either way, or none of these (open).
-- - The judge's answers are not put right by pictures that were labelled by eye: those show plain prompts, not these texts.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
