-- Draws many captions in batches and has the judge look at each picture.
local lunette = require "lunette"
local judge = require "emoji-world.judge"

local drawing = {}

drawing.steps, drawing.guidance, drawing.batch = 30, 7.5, 16

--- @param jobs list of tables with `prompt` (or `embedding` {77, d}) and `seed`
-- @param each called as each(job, objects, image, out, index) for every picture, in order
-- @param opts trace, passed on
function drawing.each(model, jobs, each, opts)
  for first = 1, #jobs, drawing.batch do
    local part = table.move(jobs, first, math.min(first + drawing.batch - 1, #jobs), 1, {})
    local seeds, prompts, embeddings = {}, {}, {}
    for i, job in ipairs(part) do seeds[i], prompts[i], embeddings[i] = job.seed, job.prompt, job.embedding end
    local request = {
      seeds = seeds, steps = drawing.steps, guidance = drawing.guidance, trace = opts and opts.trace or nil,
    }
    if part[1].embedding then
      request.embedding = lunette.tensor.stack(embeddings)
    else
      request.prompts = prompts
    end
    local out = model:generate(request)
    local images = out.images
    for i, job in ipairs(part) do each(job, judge(images[i]), images[i], out, i) end
  end
end

--- The largest object of that noun, accessory or label, or nil.
function drawing.find(objects, name)
  for _, object in ipairs(objects) do
    if object.noun == name or object.label == name then return object end
  end
end

return drawing
