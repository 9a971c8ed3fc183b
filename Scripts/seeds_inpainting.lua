-- %% [markdown]
-- # Do some seeds put things into holes that nobody asked for?
--
-- Xu et al. (*Good Seed Makes a Good Crop*, 2024) found that some seeds fill a hole with artefacts, text above all,
-- when something is removed or completed. Here holes are the places of objects in the model's own renders; an
-- artefact is an object that the judge finds in the hole and the prompt does not name. The rate of each seed is held
-- against seeds shuffled within each picture. (For other models: pictures, masks and a judge of your own; on real
-- checkpoints, text is what to look for, by an OCR program outside of Lunette.)
--
-- Pictures are kept beside the output folder (`lunette-out/seeds`), so that a run that was interrupted goes on.

-- %% tags=["parameters"]
local seeds = 32
local n = 12
local steps = 20
local guidance = 7.5
local store = ""
local workers = 0

-- %%
local lunette = require "lunette"
local study, lab = require "study", require "seeds"
local report, t = study.report, lunette.tensor
local model = assert(lunette.load())
local look = study.offered(model, "judge")

-- %% [markdown]
-- ## What is to be found out
--
-- The claim is that artefacts go with the seed: of what varies within a picture's hole (an artefact or none), the seed's
-- share over pictures, an intraclass correlation, is the primary outcome, for removals; a twentieth is the least that
-- would matter. Besides, how often there is any. Intervals are drawn over the pictures that holes are made in.

-- %%
local plan = study.plan{
  unit = "renders",
  primary = {
    name = "the seed's share of artefacts, removal", smallest = 0.05, paper = "some seeds fill holes", digits = 3,
  },
  secondary = {
    {
      name = "the seed's share of artefacts, completion", smallest = 0.05, paper = "some seeds fill holes", digits = 3,
    },
    { name = "rate of artefacts, removal", smallest = 0.02, paper = "–", digits = 3 },
    { name = "rate of artefacts, completion", smallest = 0.02, paper = "–", digits = 3 },
  },
}
lunette.display(plan:declaration())

-- %% [markdown]
-- ## Holes

-- %%
-- renders of one object that the judge finds where it is
local renders = {}
if look then
  local reference = study.offered(model, "reference")
  for i = 1, reference.count() do
    local entry = reference.get(i)
    local object = entry.objects[1]
    local is_plain = #entry.objects == 1 and type(object.accessory) ~= "string"
    local seen = is_plain and #renders < n and look(entry.image) or {}
    if look.has(seen, object.noun) then
      renders[#renders + 1] = {
        image = lunette.image.new(entry.image), noun = object.noun, caption = entry.caption, box = seen[1].box,
        ground = "a plain background",
      }
    end
  end
else
  print(("%s brings no renders and no judge that says where things are: nothing can be measured"):format(model.name))
end

local trials = {}
if #renders > 0 then
  local sweep = lunette.sweep(lab.inpainting.plan{
    model = model, look = look, renders = renders, seeds = seeds, steps = steps, guidance = guidance,
    identity = look.fingerprint(), folder = lab.studio.folder(store, "inpainting"),
  })
  for row in sweep:rows{ workers = lab.studio.workers(workers), pictures = false } do trials[#trials + 1] = row end
  local pictures = {}
  for i = 1, math.min(6, #renders) do
    local hole = lab.inpainting.hole(renders[i].box, 64, 64, 2)
    pictures[#pictures + 1] = renders[i].image
    pictures[#pictures + 1] = lunette.image.new(renders[i].image:tensor() * (hole * -1 + 1):unsqueeze(3))
    for _, task in ipairs{ "removal", "completion" } do
      for _, trial in ipairs(trials) do
        if trial.render == i and trial.task == task and trial.seed == 1 then
          pictures[#pictures + 1] = assert(lunette.image.open(trial.image))
        end
      end
    end
  end
  lunette.display(lunette.image.grid(pictures, { columns = 4 }))
end

-- %% [markdown]
-- ## Rates by seed
--
-- The rate over all pictures, the spread of the seeds' rates (their standard deviation) and the seed's share, beside what
-- seeds give that are shuffled within each picture. A spread there always is.

-- %%
local rows = {}
for _, task in ipairs{ "removal", "completion" } do
  local by_render, answers, units = {}, {}, {}
  for _, trial in ipairs(trials) do
    if trial.task == task then
      by_render[trial.render] = by_render[trial.render] or {}
      by_render[trial.render][trial.seed] = trial.artefacts > 0 and 1 or 0
      answers[#answers + 1], units[#units + 1] = trial.artefacts > 0, trial.render
    end
  end
  if #by_render > 0 then
    local matrix = t(by_render)
    local function spread(y) return y:mean(1):std():item() end
    local null = {}
    for k = 1, 200 do null[k] = spread(lab.nulls.shuffled(matrix, k)) end
    local seed, reason = lab.variance.of_seed(matrix)
    rows[#rows + 1] = {
      task, #answers, report.interval(study.estimate.share(answers, units), nil, 3),
      report.number(spread(matrix), 4), report.interval(lab.nulls.range(null), nil, 4),
      report.p(lab.nulls.p(spread(matrix), null)), report.interval(seed and seed.share, reason, 3),
      report.interval(seed and seed.null, nil, 3), report.p(seed and seed.p),
    }
    plan:answer("the seed's share of artefacts, " .. task, function(opts)
      return lab.variance.interval(matrix, opts)
    end)
    plan:answer("rate of artefacts, " .. task, function(opts) return study.estimate.share(answers, units, opts) end)
  end
end
lunette.display(lunette.table(rows, {
  columns = {
    "task", "pictures", "rate [95 %, over renders]", "spread of seeds", "spread by chance [95 %]", "p of the spread",
    "seed's share [95 %, over renders]", "share by chance [95 %]", "p of the share",
  },
}))

-- %% [markdown]
-- ## Findings

-- %%
lunette.display(plan:findings())

-- %% [markdown]
-- ## How to read this
--
-- - Seeds differ in artefacts only if their spread is beyond chance; the rate itself is the model's.
-- - In a removal the object itself, drawn again, is an artefact too: the prompt asked for an empty ground.
