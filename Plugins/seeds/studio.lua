-- What every script of seeds begins with: the model, who judges it, the prompts, and the shared sweep.
local lunette = require "lunette"
local study = require "study"
local grid = require "seeds.grid"
local pictures = require "seeds.pictures"
local prompts = require "seeds.prompts"
local studio = {}

--- Where the sweeps of all scripts lie: beside the output folder of this one, or where `store` says. Without an
-- output folder, as at the prompt, nil: then they go with the session.
function studio.folder(store, name)
  if store ~= "" then return store .. "/" .. name end
  local own = lunette.output_folder()
  return own and ("%s/seeds/%s"):format(own:match("^(.*)/[^/]+/*$") or ".", name) or nil
end

--- Workers only where there is a script that they can run.
function studio.workers(count) return lunette.output_folder() and count or nil end

--- Opens model, judge and CLIP.
-- @param o clip (a folder, or "")
function studio.open(o)
  local model = assert(lunette.load())
  local clip = o.clip ~= "" and assert(lunette.load_clip(o.clip)) or model.clip
  local list = prompts.of(model, o.prompts, o.nouns)
  local vocabulary = {}
  for i, one in ipairs(list) do vocabulary[i] = one.noun end
  local judge = study.judge.open(model, { vocabulary = vocabulary, clip = clip })
  return { model = model, clip = clip, judge = judge, prompts = list, texts = prompts.texts(list) }
end

--- The same with the shared sweep measured.
-- @param o prompts, seeds, steps, guidance, nouns, clip, rng, store, workers (0 for one a core)
-- @return model, clip, judge, prompts, sweep, grid
function studio.pictures(o)
  local s = studio.open(o)
  s.sweep = lunette.sweep(pictures.plan{
    model = s.model, judge = s.judge, clip = s.clip, prompts = s.prompts, seeds = o.seeds, steps = o.steps,
    guidance = o.guidance, rng = o.rng ~= "" and o.rng or nil, folder = studio.folder(o.store, "pictures"),
  })
  s.grid = grid.of(s.sweep:rows{ workers = studio.workers(o.workers), pictures = o.pictures or false })
  return s
end

return studio
