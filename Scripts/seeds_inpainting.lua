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

-- %% [markdown]
-- ## Holes

-- %%
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
-- The rate over all pictures with an interval over pictures; then the spread of the seeds' rates (their standard
-- deviation) beside what shuffled seeds give. A spread there always is.

-- %%
local rows = {}
for _, task in ipairs{ "removal", "completion" } do
  local by_render = {}
  for _, trial in ipairs(trials) do
    if trial.task == task then
      by_render[trial.render] = by_render[trial.render] or {}
      by_render[trial.render][trial.seed] = trial.artefacts > 0 and 1 or 0
    end
  end
  if #by_render > 0 then
    local matrix = t(by_render)
    local function spread(y) return y:mean(1):std():item() end
    local null, clusters = {}, {}
    for k = 1, 200 do null[k] = spread(lab.nulls.shuffled(matrix, k)) end
    for i, list in ipairs(by_render) do clusters[i] = list end
    rows[#rows + 1] = {
      task, #trials // 2, report.interval(report.clustered_mean(clusters), nil, 3), report.number(spread(matrix), 4),
      report.interval(lab.nulls.range(null), nil, 4), report.p(lab.nulls.p(spread(matrix), null)),
    }
  end
end
lunette.display(lunette.table(rows, {
  columns = { "task", "pictures", "rate [95 %, over renders]", "spread of seeds", "by chance [95 %]", "p" },
}))

-- %% [markdown]
-- ## How to read this
--
-- - Seeds differ in artefacts only if their spread is beyond chance; the rate itself is the model's.
-- - In a removal the object itself, drawn again, is an artefact too: the prompt asked for an empty ground.
