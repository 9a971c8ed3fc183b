-- %% [markdown]
-- # Which sense of a word is drawn, and what turns it?
--
-- "A bat" may fly or be swung. Du et al. (*Stable Diffusion is Unstable*, NeurIPS 2023) turn a word to another sense by putting a
-- context word beside it ("warthog" with "traitor"). This notebook asks which sense is drawn without context, which words turn it,
-- where between two embeddings it flips, and whether the text embedding knew before the picture did.
--
-- The built-in model brings its words (`emoji-world`'s list of polysemes, with words that pull in its training captions and kindred
-- words that no caption ever put beside them). For other models write your own:
--
-- ```
-- --set 'senses={{noun="crane", senses={{label="bird", description="a photo of a crane, a tall bird"},
--        {label="machine", description="a photo of a construction crane"}}, contexts={"lake", "building"}}}'
-- ```
--
-- Trials are kept as JSON lines in the output folder, so that an interrupted run goes on; `--set n=40` for more seeds.

-- %% tags=["parameters"]
local n = 12
local neutral = { "car", "tree", "house" }
local mixture_seeds = 6
local mixture_words = 3
local steps = 30
local guidance = 7.5
local senses = {}
local clip = ""
local judge_kind = ""

-- %%
local lunette = require "lunette"
local study = require "study"
local polysemy = require "polysemy"
local plot, stats, image = lunette.plot, lunette.stats, lunette.image
local report, estimate, analysis = study.report, study.estimate, polysemy.analysis

local model = assert(lunette.load())
local known = study.words.of(model)

-- two words of everyday English, for models that bring none and users who wrote none
local everyday = {
  {
    noun = "bat", contexts = { "ball", "cave" },
    senses = {
      { label = "animal", description = "a photo of a bat, a flying animal" },
      { label = "sport", description = "a photo of a baseball bat" },
    },
  },
  {
    noun = "mouse", contexts = { "computer", "cheese" },
    senses = {
      { label = "animal", description = "a photo of a mouse, a small animal" },
      { label = "device", description = "a photo of a computer mouse" },
    },
  },
}
local own = known.world and polysemy.of_world(known.world, study.offered(model, "reference"))
local given = #senses > 0 and senses or own or everyday
local entries = polysemy.checked(given)
for _, entry in ipairs(entries) do
  entry.anchors = entry.contexts
  entry.kind = {}
  local contexts = {}
  for _, group in ipairs{ { "pulls", entry.anchors }, { "kindred", entry.held_out }, { "neutral", neutral } } do
    for _, word in ipairs(group[2]) do
      if not entry.kind[word] and word ~= entry.noun then
        entry.kind[word], contexts[#contexts + 1] = group[1], word
      end
    end
  end
  entry.contexts = contexts
end

local judge = assert(study.judge.open(model, {
  vocabulary = known.nouns, clip = clip, kind = judge_kind ~= "" and judge_kind or nil,
}))
local trials = study.trials.open("polysemy", { model = model.fingerprint, judge = judge.identity, version = 3 })
print(("%s, judged by %s; %d words of several senses, %d seeds"):format(model.name, judge.name, #entries, n))
if judge.clip then
  print("CLIP cannot refuse: of whatever is drawn it names the sense\nwhose examples or description is most like it.")
  local right, asked = 0, 0
  for _, entry in ipairs(entries) do
    local found = polysemy.accuracy(judge.clip, entry)
    right, asked = right + found.successes, asked + found.n
  end
  if asked > 0 then
    print(("It names the sense of %s of the examples rightly, each judged by the others."):format(
      report.interval(report.share(right, asked))))
  end
end

-- %% [markdown]
-- ## What is to be found out
--
-- A second object changes the first whatever it is, so that *pulls* and *kindred* words are held against neutral ones, and
-- neutral ones against what the word alone does in other words and from another seed. Intervals are drawn over the ambiguous
-- words: pictures of one word are alike.

-- %%
local plan = study.plan{
  unit = "words",
  primary = { name = "turned beside words that pull less neutral ones", smallest = 0.05,
    paper = "context turns the sense" },
  secondary = {
    { name = "turned beside kindred words less neutral ones", smallest = 0.05, paper = "context turns the sense" },
    {
      name = "turned beside neutral words less another wording", smallest = 0.05, side = "either",
      paper = "no control",
    },
    {
      name = "turned beside neutral words less another seed", smallest = 0.05, side = "either", paper = "no control",
    },
    {
      name = "sense in the text against sense drawn (Spearman)", smallest = 0.2,
      paper = "the text encoder is the cause",
    },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## What is drawn
--
-- One row per word: alone, then beside the first words of its list, all from one seed.

-- %%
local pictures, labels = {}, {}
local width = 4
for _, entry in ipairs(entries) do
  for column = 0, width - 1 do
    local context = entry.contexts[column]
    local prompt = context and study.words.joined{ entry.noun, context } or study.words.with_article(entry.noun)
    local picture = model:generate{ prompt = prompt, seed = 1, steps = steps, guidance = guidance }.image
    pictures[#pictures + 1] = picture:resize(192, 192 * picture:size(2) // picture:size(1), "nearest")
    labels[#labels + 1] = prompt
  end
end
lunette.display(image.grid(pictures, { columns = width, labels = labels }))

-- %% [markdown]
-- ## The dominant sense
--
-- Of the pictures in which the judge finds the word's object at all, the share that shows each sense, without context.

-- %%
local results = polysemy.pictures(model, {
  words = entries, seeds = study.draws.seeds(n), steps = steps, guidance = guidance, judge = judge,
  clip = judge.clip or model.clip, trials = trials,
})
local rows = {}
for _, entry in ipairs(entries) do
  for sense, facts in ipairs(entry.senses) do
    local found = analysis.share(results, entry.noun, nil, sense)
    rows[#rows + 1] = {
      entry.noun, facts.label, found.n, found.missing, report.interval(report.share(found.successes, found.n)),
      judge.name,
    }
  end
end
lunette.display(lunette.table(rows, {
  columns = { "word", "sense", "found", "not found", "share of found [95 %]", "judge" },
}))
local taught = #senses == 0 and known.world and known.world.sense_shares
if taught then
  print(("In training, the first sense had %g %% of the pictures;"):format(100 * taught.first))
  print(("beside a word that pulls, the second had %g %%."):format(100 * taught.second_in_context))
end

-- %% [markdown]
-- ## Words that turn it
--
-- The sense shift of a context word is how much the share of the dominant sense falls beside it (Newcombe's interval). Words marked
-- *pulls* stood beside the other sense in training (or were named by you); *kindred* ones belong to it by meaning and were never
-- shown with it; *neutral* ones are the control. Only a shift of kindred words is more than memory. *By CLIP*: how much the
-- pictures of the same seeds move from the dominant sense's examples (or description) towards another's (difference of cosines).

-- %%
local shifts = {}
for _, entry in ipairs(entries) do
  local dominant = analysis.dominant(results, entry.noun, entry.senses)
  local alone = dominant and analysis.share(results, entry.noun, nil, dominant)
  for _, context in ipairs(entry.contexts) do
    local beside = dominant and analysis.share(results, entry.noun, context, dominant)
    if beside and beside.n > 0 then
      local shift = stats.risk_difference(alone.successes, alone.n, beside.successes, beside.n)
      shifts[#shifts + 1] = {
        entry = entry, context = context, kind = entry.kind[context], shift = shift,
        n = beside.n, turned = beside.n - beside.successes, missing = beside.missing,
        likeness = report.mean(analysis.likeness_shifts(results, entry.noun, context, dominant)),
      }
    end
  end
end
table.sort(shifts, function(a, b)
  if a.shift.estimate ~= b.shift.estimate then return a.shift.estimate > b.shift.estimate end
  return a.entry.noun .. a.context < b.entry.noun .. b.context
end)
local shift_rows = {}
for i, one in ipairs(shifts) do
  shift_rows[i] = {
    one.entry.noun, one.context, one.kind, one.n, one.missing, report.interval(one.shift),
    report.number(one.likeness and one.likeness.estimate, 3), judge.name,
  }
end
lunette.display(lunette.table(shift_rows, {
  columns = { "word", "beside", "kind", "found", "not found", "sense shift [95 %]", "by CLIP", "judge" },
}))

-- of the pictures in which the word was found, those that show another sense than the dominant one
local kinds, dominant_of, entry_of = { "pulls", "kindred", "neutral", "another wording", "another seed" }, {}, {}
local null_names = { wording = "another wording", seed = "another seed" }
for _, entry in ipairs(entries) do
  dominant_of[entry.noun], entry_of[entry.noun] = analysis.dominant(results, entry.noun, entry.senses), entry
end
local turned_by = analysis.turned(results, dominant_of, function(trial)
  return null_names[trial.null] or trial.context and entry_of[trial.noun].kind[trial.context] or nil
end)
local turned_shares, kind_rows = {}, {}
for i, kind in ipairs(kinds) do
  local of = turned_by[kind] or { {}, {} }
  local found, reason = estimate.share(of[1], of[2])
  turned_shares[i] = found or false
  kind_rows[i] = { kind, #of[1], report.interval(found, reason), judge.name }
end
lunette.display(report.bars(kinds, turned_shares, {
  title = "Pictures of another sense by kind of context word", y_label = "share of found", y_range = { 0, 1 },
}))
lunette.display(lunette.table(kind_rows, { columns = { "beside", "pictures", "another sense [95 %, over words]",
  "judge" } }))
for _, line in ipairs{ { "words that pull", "pulls" }, { "kindred words", "kindred" } } do
  plan:answer(("turned beside %s less neutral ones"):format(line[1]), function(opts)
    local one, control = turned_by[line[2]], turned_by.neutral
    if not one or not control then return nil, "none found" end
    return estimate.difference(one[1], one[2], control[1], control[2], opts)
  end)
end
for _, null in ipairs{ "another wording", "another seed" } do
  plan:answer(("turned beside neutral words less %s"):format(null), function(opts)
    local one, control = turned_by.neutral, turned_by[null]
    if not one or not control then return nil, "none found" end
    return estimate.difference(one[1], one[2], control[1], control[2], opts)
  end)
end

-- %% [markdown]
-- ## Where word and context look
--
-- The maps of the word and of its context word, and how much they lie on each other, where the sense turned and where it did not.

-- %%
local turned, stayed = {}, {}
for _, trial in ipairs(results) do
  if trial.context and trial.sense then
    local entry
    for _, other in ipairs(entries) do entry = other.noun == trial.noun and other or entry end
    local dominant = analysis.dominant(results, trial.noun, entry.senses)
    table.insert(trial.sense == dominant and stayed or turned, trial)
  end
end
local map_rows = {}
for _, group in ipairs{ { "turned", turned }, { "stayed", stayed } } do
  local masses, others, overlaps = {}, {}, {}
  for i, trial in ipairs(group[2]) do
    masses[i], others[i], overlaps[i] = trial.maps.noun.mass, trial.maps.context.mass, trial.maps.overlap
  end
  map_rows[#map_rows + 1] = {
    group[1], #group[2], report.interval(report.mean(masses), "none", 3),
    report.interval(report.mean(others), "none", 3),
    report.interval(report.mean(overlaps), "none"),
  }
end
lunette.display(lunette.table(map_rows, {
  columns = { "sense", "pictures", "mass of the word [95 %]", "mass of the context [95 %]", "overlap [95 %]" },
}))

-- %% [markdown]
-- ## Between two embeddings
--
-- From the embedding of the word alone (0) to that beside the word that turns it most (1; neutral words left aside), in a straight
-- line. Where the share of the dominant sense crosses one half, the sense flips. A jump says that the model decides; a slope, that
-- it mixes.

-- %%
local mixtures = { 0, 0.2, 0.4, 0.6, 0.8, 1 }
-- Seeds that have not chosen the words.
local mixed_seeds = {}
for i = 1, mixture_seeds do mixed_seeds[i] = n + i end
local lines, flips, taken = {}, {}, {}
for _, one in ipairs(shifts) do
  local noun = one.entry.noun
  if one.kind ~= "neutral" and not taken[noun] and #lines < mixture_words then
    taken[noun] = true
    local mixed = polysemy.mixtures(model, {
      noun = noun, context = one.context, senses = one.entry.senses, shares = mixtures,
      seeds = mixed_seeds, steps = steps, guidance = guidance, judge = judge, trials = trials,
    })
    local dominant = analysis.dominant(results, noun, one.entry.senses)
    local shares = {}
    for i = 1, #mixtures do
      local yes, found = 0, 0
      for k = 1, mixture_seeds do
        local sense = mixed[(i - 1) * mixture_seeds + k].sense
        found, yes = found + (sense and 1 or 0), yes + (sense == dominant and 1 or 0)
      end
      shares[i] = found > 0 and yes / found or false
    end
    local y = {}
    for i, share in ipairs(shares) do y[i] = share or 0 / 0 end
    lines[#lines + 1] = { y = y, label = ("%s, towards %s"):format(noun, one.context) }
    flips[#flips + 1] = { noun, one.context, report.number(analysis.flip(mixtures, shares)), judge.name }
  end
end
if #lines > 0 then
  lunette.display(plot.line{
    x = mixtures, series = lines, title = "From alone to beside a context word", x_label = "mixture",
    y_label = "share of the dominant sense", y_range = { 0, 1 },
  })
  lunette.display(lunette.table(flips, { columns = { "word", "towards", "flips at", "judge" } }))
else
  print("No word of the list was found in a picture: there is nothing to mix.")
end

-- %% [markdown]
-- ## Did the text know?
--
-- Each context word moves the last row of the text embedding, which has read all of the prompt. How far that goes towards where
-- the words that *pull* leave it (0: as alone, 1: as beside them; a word that pulls is measured against the others of its kind) is
-- the sense that the text encoder reads. Against it, the sense shift in the pictures. A high correlation says that the text encoder
-- has decided; a low one, that the image model decides.

-- %%
local read, drawn, pairs_read, of_words = {}, {}, {}, {}
for _, entry in ipairs(entries) do
  local places = polysemy.text.read(model, entry.noun, entry.anchors, entry.contexts)
  for _, one in ipairs(shifts) do
    if one.entry == entry and places[one.context] then
      read[#read + 1], drawn[#drawn + 1] = places[one.context], one.shift.estimate
      pairs_read[#read], of_words[#read] = { read[#read], drawn[#read] }, entry.noun
    end
  end
end
if #read > 0 then
  lunette.display(plot.scatter{
    x = read, y = drawn, title = "Sense in the text and in the pictures", x_label = "read from the embedding",
    y_label = "shift in the pictures",
  })
end
local function correlation(list)
  local a, b = {}, {}
  for i, one in ipairs(list) do a[i], b[i] = one[1], one[2] end
  return stats.spearman(a, b).estimate
end
local found, reason = plan:answer("sense in the text against sense drawn (Spearman)", function(opts)
  return estimate.drawn(pairs_read, correlation, of_words, opts)
end)
print(("Spearman %s, %d pairs of word and context"):format(report.interval(found, reason), #read))

-- %% [markdown]
-- ## Findings
--
-- The paper turns single prompts by words that an attack finds and by hand, and has no control.

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - A *verdict* asks whether the whole interval is on the paper's side and may matter (agrees), on the other side or short of what
--   matters (disagrees), too small to matter either way, or none of these (open).
-- - *found* and *not found* come first: a share of three pictures is no share.
-- - A training prior is not a finding: for the built-in model it is printed beside the shares.
-- - CLIP's senses depend on how they are shown or described; a judge that was trained on the senses is taken where there is one.

-- %%
print(("%d trials measured, %d found from earlier runs"):format(trials.measured, trials.found))
