-- %% [markdown]
-- # Pictures without what the prompt names
--
-- Tell a text-to-image model "a man without glasses", and it draws glasses. Li et al. (*Get What You Want, Not What You Don't*,
-- ICLR 2024) trace that to the rows of the text embedding *after the end of the text*: they repeat what the text says, so that
-- taking away the word's own rows takes away little. This notebook repeats their analyses, runs their method and what they compare
-- it with side by side, and edits one picture that was not generated.
--
-- Trials are kept as JSON lines in the output folder, so that an interrupted run goes on. `--set n=100` for the paper's hundred
-- prompts; `--set 'given={{"man", "hat"}}'` for words of your own; `--set 'picture={path="cat.png", prompt="a cat with a hat",
-- word="hat"}'` for a picture of yours at the end.

-- %% tags=["parameters"]
local n = 32
local steps = 30
local guidance = 5
local sweep_prompts = 4
local curve_prompts = 16
local given = {}
local picture = {}
local clip = ""
local judge_kind = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local suppress = require "suppress"
local trial = require "suppress.study"
local image, plot, metrics = lunette.image, lunette.plot, lunette.metrics
local report, estimate = study.report, study.estimate

local model = assert(lunette.load())
local known = study.words.of(model)
local judge = assert(study.judge.open(model, {
  vocabulary = known.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local eye = clip ~= "" and assert(lunette.load_clip(clip)) or model.clip
local tasks = trial.tasks{ n = n, given = given, world = known.world }
-- CLIP's numbers are kept with the trials: which CLIP it is belongs to them.
local facts = { model = model.fingerprint, judge = judge.identity, clip = eye and study.judge.fingerprint_of(eye),
  version = 3 }
local trials = study.trials.open("suppression", facts, { size = 1 })

-- a picture as it is shown
local function shown(img)
  local scale = math.max(1, 128 // img:size(1))
  return img:resize(img:size(1) * scale, img:size(2) * scale, "nearest")
end
print(("%s, judged by %s; %d prompts, %d steps, guidance %g"):format(model.name, judge.name, #tasks, steps, guidance))
for i = 1, math.min(4, #tasks) do print(("%s: without %s"):format(tasks[i].prompt, tasks[i].word)) end

-- %% [markdown]
-- ## What is to be found out
--
-- A method that starts late leaves the layout alone, whatever it does then. So the whole method, which starts at a fifth of the
-- steps, is held against *switching prompts*: the prompt without the word takes over at a share of the steps. And a picture that
-- shows the thing may lose it for no reason: what another wording and another seed do stands beside the methods. Prompts come in
-- pairs, "with" and "without" of one noun and word from one noise; intervals are drawn over pairs of noun and word.

-- %%
local plan = study.plan{
  unit = "pairs of noun and word",
  primary = {
    name = "SSIM kept at equal suppression: the whole method less switching prompts", smallest = 0.02,
    paper = "the method keeps most; switching is not compared", digits = 3,
  },
  secondary = {
    {
      name = "detection: the whole method less switching prompts at 0.3", smallest = 0.05, side = "less",
      paper = "–", digits = 3,
    },
    { name = "SSIM: the whole method less switching prompts at 0.3", smallest = 0.02, paper = "–", digits = 3 },
    {
      name = "colour: the whole method less switching prompts at 0.3", smallest = 0.02, side = "less",
      paper = "–", digits = 3,
    },
    {
      name = "detection: the whole method less another seed", smallest = 0.05, side = "less", paper = "no control",
      digits = 3,
    },
    {
      name = "shown: \"with\" less \"without\"", smallest = 0.05, side = "either",
      paper = "\"without\" is not heard", digits = 3,
    },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## What the rows after the text hold
--
-- The same noise, four embeddings: as it is; the word's rows zeroed; the rows after the text zeroed; both. If the picture keeps the
-- object while its own row is zero, the others must have said it.

-- %%
local pictures, labels = {}, {}
for i = 1, math.min(3, #tasks) do
  local task = tasks[i]
  for _, rows in ipairs{ "none", "words", "padding", "target" } do
    local out = suppress.generate(model, {
      prompt = task.prompt, word = task.word, seed = task.seed, steps = steps, guidance = guidance,
      method = rows == "none" and "none" or "scale", rows = rows ~= "none" and rows or nil,
    })
    pictures[#pictures + 1] = shown(out.image)
    labels[#labels + 1] = rows == "none" and "plain" or ("zeroed: %s"):format(rows)
  end
end
lunette.display(image.grid(pictures, { columns = 4, labels = labels }))

-- %% [markdown]
-- How far these rows are from each other, and what they draw alone: one of them in the place of every token but the first.

-- %%
local first_task = tasks[1]
lunette.display(plot.heatmap{
  z = suppress.eot.distances(model, first_task.prompt), title = "Distance of the rows after the text", width = 480,
  height = 420,
})
local alone, rows_of = {}, {}
local _, first_row = suppress.eot.block(model, first_task.prompt)
local last = model:encode(first_task.prompt):size(1) - first_row + 1
for i, number in ipairs{ 1, math.max(1, last // 2), last } do
  alone[i] = shown(model:generate{
    embedding = suppress.eot.repeated(model, first_task.prompt, number), seed = first_task.seed, steps = steps,
    guidance = guidance, scheduler = "ddim",
  }.image)
  rows_of[i] = ("row %d of %d"):format(number, last)
end
lunette.display(image.grid(alone, { columns = 3, labels = rows_of }))

-- %% [markdown]
-- ## How many directions does the padding need?
--
-- The rows after the text with only their K largest singular values. The paper finds that few are enough: SSIM 0.992 at a mean rank
-- of 7.83.

-- %%
local by_rank, reached = {}, {}
for i = 1, math.min(sweep_prompts, #tasks) do
  local found = trials:run({ { kind = "rank", prompt = tasks[i].prompt, seed = tasks[i].seed, steps = steps,
    guidance = guidance } }, function(keys)
    local key = keys[1]
    local sweep = suppress.eot.rank_sweep(model, {
      prompt = key.prompt, seed = key.seed, steps = key.steps, guidance = key.guidance,
    })
    local values = {}
    -- Pictures that are the same have no finite PSNR.
    for k, one in ipairs(sweep) do
      values[k] = { rank = one.rank, psnr = math.min(one.psnr, 100), ssim = one.ssim }
    end
    return { { sweep = values } }
  end)[1].sweep
  for _, one in ipairs(found) do
    local at = by_rank[one.rank] or { psnr = {}, ssim = {} }
    by_rank[one.rank] = at
    table.insert(at.psnr, one.psnr)
    table.insert(at.ssim, one.ssim)
    if not reached[i] and one.ssim >= 0.99 then reached[i] = one.rank end
  end
end
local ranks, psnr, ssim = {}, {}, {}
for rank, at in lunette.spairs(by_rank) do
  ranks[#ranks + 1] = rank
  psnr[#psnr + 1], ssim[#ssim + 1] = lunette.tensor(at.psnr):mean():item(), lunette.tensor(at.ssim):mean():item()
end
lunette.display(plot.line{
  x = ranks, y = ssim, title = "SSIM to the unedited picture", x_label = "rank K", y_label = "SSIM",
})
lunette.display(plot.line{
  x = ranks, y = psnr, title = "PSNR to the unedited picture", x_label = "rank K", y_label = "dB",
})
local function rises(values)
  local falls = 0
  for i = 2, #values do falls = falls + (values[i] < values[i - 1] and 1 or 0) end
  return falls == 0 and "rises at every rank" or ("falls %d times on its way up"):format(falls)
end
local needed = {}
for _, rank in pairs(reached) do needed[#needed + 1] = rank end
table.sort(needed)
print(("SSIM %s.\nPSNR %s."):format(rises(ssim), rises(psnr)))
print(("SSIM reaches 0.99 at rank %s in %d sweeps (paper: 7.83)"):format(
  report.interval(report.mean(needed)), #needed))

-- %% [markdown]
-- ## The methods side by side
--
-- For each prompt and method one picture from the same noise. *Detection*: the judge's confidence in the object that is not wanted
-- (the paper's DetScore; lower is better). *Suppressed*: of the prompts whose plain picture shows the object,
-- the share in which it is gone. *Kept*: of those whose plain picture shows the other object, the share in which it is still there.
-- SSIM and colour distance are taken outside of where the object was (where the judge says where; else everywhere). *CLIP* is
-- the similarity to the prompt without the word; *Fréchet* the distance of the edited pictures from the plain ones in CLIP's
-- space, which small sets overestimate. Intervals are those of 95 %.

-- %%
local methods = trial.methods
local settings = { steps = steps, guidance = guidance, judge = judge, clip = eye, trials = trials }
local results = {}
for _, method in ipairs(methods) do
  results[method.name] = trial.run(model, tasks, method, settings)
end
local plain = results.plain
local pair_of = {}
for i, task in ipairs(tasks) do pair_of[i] = task.other .. " " .. task.word end
local function values_of(list, field)
  local values = {}
  for i, one in ipairs(list) do
    values[i] = field == "detection" and one.word.confidence or one[field]
  end
  return values
end
local function mean_of(name, field, digits)
  return report.interval(estimate.mean(values_of(results[name], field), pair_of), nil, digits)
end
-- the share of yes among tasks whose plain picture shows what is asked about
local function share_of(name, which, yes)
  local answers = {}
  for i, one in ipairs(results[name]) do
    if plain[i][which].present then answers[i] = one[which].present == yes end
  end
  local found, reason = estimate.share(answers, pair_of)
  return report.interval(found, reason)
end
local table_rows, summary = {}, {}
for i, method in ipairs(methods) do
  local s = trial.summary(plain, results[method.name])
  summary[method.name] = s
  table_rows[i] = {
    method.name, mean_of(method.name, "detection"), share_of(method.name, "word", false),
    share_of(method.name, "other", true), mean_of(method.name, "ssim"), mean_of(method.name, "color", 3),
    mean_of(method.name, "clip", 3), report.number(trial.frechet(plain, results[method.name]), 3),
    report.number(s.seconds, 1),
  }
end
lunette.display(lunette.table(table_rows, {
  columns = {
    "method", "detection", "suppressed", "kept", "SSIM outside", "colour distance", "CLIP", "Fréchet", "seconds",
  },
}))
print(("The plain picture shows the object in %d of %d prompts and the other one in %d.\n%s"):format(
  summary.plain.shown, #tasks, summary.plain.beside,
  report.caveat(summary.plain.shown, #tasks, "prompts")))
for _, line in ipairs{
  { "detection: the whole method less switching prompts at 0.3", "detection", "switch prompts" },
  { "SSIM: the whole method less switching prompts at 0.3", "ssim", "switch prompts" },
  { "colour: the whole method less switching prompts at 0.3", "color", "switch prompts" },
  { "detection: the whole method less another seed", "detection", "plain, from another seed" },
} do
  plan:answer(line[1], function(opts)
    local own, other, of = {}, {}, {}
    local of_whole, of_other = values_of(results.optimize, line[2]), values_of(results[line[3]], line[2])
    for i, one in ipairs(plain) do
      of[i] = pair_of[i]
      if one.word.present then own[i], other[i] = of_whole[i], of_other[i] end
    end
    return estimate.paired(own, other, of, opts)
  end)
end
plan:answer("shown: \"with\" less \"without\"", function(opts)
  local with, without, of = {}, {}, {}
  for i = 1, #tasks - 1, 2 do
    local place = (i + 1) // 2
    with[place], without[place], of[place] = plain[i].word.present and 1 or 0, plain[i + 1].word.present and 1 or 0,
      pair_of[i]
  end
  return estimate.paired(with, without, of, opts)
end)
print(("The whole method takes %.1f times as long as a plain picture."):format(
  summary.optimize.seconds / summary.plain.seconds))

-- %% [markdown]
-- ## Suppression against preservation, over strength
--
-- Each line is one method from weak to strong: how much of the object's detection is left, against SSIM outside of it. Up and left
-- is better: the object is gone and the rest is as it was. Only prompts whose plain picture shows the object are of use here.

-- %%
local curve_tasks, curve_plain = trial.shown(tasks, plain, curve_prompts)
print(("%d prompts whose plain picture shows the object"):format(#curve_tasks))
local series, strengths = {}, {}
for i, curve in ipairs(trial.curves) do
  local x, y = {}, {}
  strengths[i] = {}
  for k, method in ipairs(curve.methods) do
    strengths[i][k] = trial.run(model, curve_tasks, method, settings)
    local s = trial.summary(curve_plain, strengths[i][k])
    x[k], y[k] = trial.mean(s.detection), trial.mean(s.ssim)
  end
  series[i] = { x = x, y = y, label = curve.name }
end
if #curve_tasks > 0 then lunette.display(trial.curve_plot(series)) end

-- %% [markdown]
-- At equal suppression: what each method keeps where it has brought the detection down to what the whole method reaches with the
-- paper's settings on the same prompts, and how much more the whole method keeps there, with intervals of 95 %.

-- %%
local curve_pairs = {}
for i, task in ipairs(curve_tasks) do curve_pairs[i] = task.other .. " " .. task.word end
local whole = trial.run(model, curve_tasks, { name = "optimize", method = "optimize" }, settings)
local reached_by = trial.summary(curve_plain, whole)
local level, equal = trial.mean(reached_by.detection), {
  { "the whole method", report.interval(report.mean(reached_by.ssim), nil, 3), "–" },
}
for i, one in ipairs(series) do
  local kept = trial.best(one, level)
  if trial.curves[i].methods[1].method ~= "optimize" then
    equal[#equal + 1] = {
      one.label, kept and report.number(kept, 3) or "– (does not come there)",
      report.interval(kept and trial.at_equal_suppression(whole, strengths[i], { clusters = curve_pairs }), nil, 3),
    }
  end
  if one.label == "switch prompts (start)" then
    plan:answer("SSIM kept at equal suppression: the whole method less switching prompts", function(opts)
      if not kept then return nil, "switching never suppresses as much" end
      return trial.at_equal_suppression(whole, strengths[i], { clusters = curve_pairs, level = opts.level })
    end)
  end
end
lunette.display(lunette.table(equal, {
  columns = { "method", ("SSIM outside at a detection of %.3f"):format(level), "whole method's gain" },
}))

-- %% [markdown]
-- ## A gallery
--
-- One figure per prompt, one picture per method.

-- %%
for i = 1, math.min(4, #tasks) do
  local gallery, titles = {}, {}
  for k, method in ipairs(methods) do
    gallery[k] = shown(trial.picture(model, tasks[i], method, steps, guidance).image)
    titles[k] = method.name:gsub("^plain, ", "")
  end
  lunette.display(image.grid(gallery, { columns = 5, labels = titles }), { caption = tasks[i].prompt })
end

-- %% [markdown]
-- ## A picture that was not generated
--
-- It is followed back to noise, the unconditional embedding fitted so that sampling gives it back under guidance (null-text
-- inversion), and then the word suppressed. Beside it the same from negative-prompt inversion, which needs no fitting.

-- %%
local real, missing = trial.real_picture(model, picture.path and picture or nil)
if real then
  local row, names = { shown(real.picture) }, { "the picture" }
  for _, kind in ipairs{ "null_text", "negative_prompt" } do
    local found = suppress.invert(model, real.picture, real.prompt, {
      method = kind, steps = steps, guidance = guidance,
    })
    local again = found:reconstruct()
    row[#row + 1], names[#names + 1] = shown(again.image), kind:gsub("_", " ")
    print(("%s: PSNR of the picture given back %.1f dB, %.1f s"):format(
      kind, metrics.psnr(real.picture, again.image), found.seconds))
    local edited = suppress.generate(model, { inversion = found, word = real.word })
    row[#row + 1], names[#names + 1] = shown(edited.image), ("without %s"):format(real.word)
    local function detection(img) return judge:presence(img, { real.word })[1].confidence end
    print(("detection of '%s': %.3f in the picture, %.3f given back, %.3f edited"):format(
      real.word, detection(real.picture), detection(again.image), detection(edited.image)))
  end
  lunette.display(image.grid(row, { columns = #row, labels = names }))
else
  print(("Nothing to edit: %s"):format(missing))
end

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - *Suppressed* means little where few plain pictures show the object: the count stands below the table.
-- - Equal suppression is the condition of a fair comparison of preservation: read the curve, not single rows of the table.
-- - The paper's ordering: its method before zeroing, soft-weighting alone, the negative prompt and re-weighting.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
