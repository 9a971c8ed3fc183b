-- Does the judge see in generated pictures what a person sees? A hundred pictures, labelled by eye without their captions
-- and before the judge had looked (eye.json: the nouns and accessories that one would name without doubt).
--
--   Scripts/lunette run --trust Scripts/dev/evaluate-emoji-world/agreement.lua -- [FOLDER]
--
-- With FOLDER the pictures and the answers of judge and eye are written there, for matcher.py and for studies, which carry the
-- judge's error on (Plugins/emoji-world/data/labelled.json).
local lunette = require "lunette"
local drawing = require "drawing"
local intervals = require "intervals"
local pictures = require "eye_pictures"

local eye = assert(lunette.json.load((arg[0]:gsub("agreement%.lua$", "eye.json"))))

local function is_in(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

-- Cohen's kappa of two lists of yes and no.
local function kappa(a, b)
  local same, yes_a, yes_b = 0, 0, 0
  for i = 1, #a do
    if a[i] == b[i] then same = same + 1 end
    if a[i] then yes_a = yes_a + 1 end
    if b[i] then yes_b = yes_b + 1 end
  end
  local n = #a
  local by_chance = (yes_a * yes_b + (n - yes_a) * (n - yes_b)) / (n * n)
  return (same / n - by_chance) / (1 - by_chance)
end

local by_judge, by_eye, answers, images, disagreements = {}, {}, {}, {}, {}
local shares = intervals.counter()
local model = assert(lunette.load())
drawing.each(model, pictures.jobs, function(job, objects, image)
  local number, named = #images + 1, {}
  images[number] = image
  for _, object in ipairs(objects) do
    if object.kind ~= "none" then
      named[#named + 1] = object.noun
      shares.note("what the judge names, the eye names", number, is_in(eye[number], object.noun))
    end
  end
  for _, noun in ipairs(eye[number]) do
    shares.note("what the eye names, the judge names", number, is_in(named, noun))
  end
  for _, noun in ipairs(job.nouns) do
    local judge_says, eye_says = is_in(named, noun), is_in(eye[number], noun)
    by_judge[#by_judge + 1], by_eye[#by_eye + 1] = judge_says, eye_says
    shares.note("is the noun asked for there: the same answer", number, judge_says == eye_says)
    if judge_says ~= eye_says then
      disagreements[#disagreements + 1] = ("%d %s (%s)"):format(number, noun, judge_says and "judge" or "eye")
    end
  end
  answers[number] = { prompt = job.prompt, seed = job.seed, asked = job.nouns, judge = named, eye = eye[number] }
end)

shares.print()
print(("kappa of the last: %.2f"):format(kappa(by_judge, by_eye)))
print("who alone says yes: " .. table.concat(disagreements, ", "))
if arg[1] then
  lunette.image.grid(images, { columns = pictures.columns, spacing = 0 }):save(arg[1] .. "/pictures.png")
  local file = assert(io.open(arg[1] .. "/answers.json", "w"))
  file:write(lunette.json.encode{
    model = model.fingerprint, judge = require("emoji-world.judge").fingerprint(), pictures = answers,
  }, "\n")
  file:close()
end
