-- Who says what is in a picture. Every judge has a name, which belongs into every table of what it said, and an identity, under
-- which its answers are kept.
local lunette = require "lunette"
local t = lunette.tensor
local offered = require "study.offered"
local sense_vector = require "study.sense_vector"
local words = require "study.words"

local judge = {}

-- MARK: The judge that emoji-world brings

local WorldJudge = {}
local world_judge_meta = { __index = WorldJudge }

local function surest(objects, noun)
  local best
  for _, object in ipairs(objects) do
    if object.noun == noun and (not best or object.confidence > best.confidence) then best = object end
  end
  return best
end

local function centre_of(mask)
  local total = mask:sum():item()
  local height, width = mask:size(1), mask:size(2)
  return (mask:sum(1) * (t.arange(width) + 0.5)):sum():item() / total / width,
    (mask:sum(2) * (t.arange(height) + 0.5)):sum():item() / total / height
end

--- Which nouns are in a picture.
-- @return for each noun { present =, confidence =, x =, y =, area = }, the last three in shares of the picture
function WorldJudge:presence(picture, nouns)
  local objects, answers = self.look(picture), {}
  for i, noun in ipairs(nouns) do
    local object = surest(objects, noun)
    answers[i] = { present = object ~= nil, confidence = object and object.confidence or 0 }
    if object then
      answers[i].x, answers[i].y = centre_of(object.mask)
      answers[i].area = object.mask:mean():item()
    end
  end
  return answers
end

--- Which of its senses a noun has in a picture.
-- @return { sense = its number, or nil where the noun was not found, confidence = }
function WorldJudge:sense(picture, noun, senses)
  local object = surest(self.look(picture), noun)
  if not object then return { confidence = 0 } end
  for number, sense in ipairs(senses) do
    if sense.label == object.sense or sense.label == ("%s (%s)"):format(noun, object.sense) then
      return { sense = number, confidence = object.confidence }
    end
  end
  return { confidence = 0 }
end

-- MARK: CLIP, asked zero-shot

local ClipJudge = {}
local clip_judge_meta = { __index = ClipJudge }

local function photo_of(noun) return "a photo of " .. words.with_article(noun) end

-- the vocabulary with those nouns that it lacks
local function completed(vocabulary, nouns)
  local all, has = {}, {}
  for _, list in ipairs{ vocabulary, nouns } do
    for _, noun in ipairs(list) do
      if not has[noun] then all[#all + 1], has[noun] = noun, true end
    end
  end
  return all
end

function ClipJudge:_scores(picture, nouns)
  local seen, scores = self.clip:image(picture), {}
  for i, noun in ipairs(nouns) do
    if not self.texts[noun] then self.texts[noun] = self.clip:text(photo_of(noun)) end
    scores[i] = (seen * self.texts[noun]):sum():item()
  end
  return scores
end

--- A noun counts as there when it is among the k of the vocabulary that are most like the picture, k being how many are asked
-- for. CLIP does not say where.
function ClipJudge:presence(picture, nouns)
  local vocabulary = completed(self.vocabulary, nouns)
  local scores, answers = self:_scores(picture, vocabulary), {}
  local place = {}
  for i, noun in ipairs(vocabulary) do place[noun] = i end
  for i, noun in ipairs(nouns) do
    local own, above = scores[place[noun]], 0
    for _, score in ipairs(scores) do above = above + (score > own and 1 or 0) end
    answers[i] = { present = above < #nouns, confidence = own }
  end
  return answers
end

--- The sense whose examples, or whose description, are most like the picture.
function ClipJudge:sense(picture, _, senses)
  local seen, scores = self.clip:image(picture), {}
  for i, sense in ipairs(senses) do
    if not self.senses[sense] then self.senses[sense] = sense_vector(self.clip, sense) end
    scores[i] = (seen * self.senses[sense]):sum():item()
  end
  local shares = (t(scores) * self.clip.logit_scale):softmax(1)
  local best = math.tointeger(shares:argmax():item())
  return { sense = best, confidence = shares[best]:item() }
end

--- What tells one CLIP from another, whatever folder it lies in: the hash of what it makes of a text and of a picture.
function judge.fingerprint_of(clip)
  local parts = {}
  local ramp = (t.arange(64) / 63):unsqueeze(1):expand{ 64, 64 }:unsqueeze(3):expand{ 64, 64, 3 }:contiguous()
  for _, vector in ipairs{ clip:text("a photo of a cat"), clip:image(ramp) } do
    for _, value in ipairs(vector:tolist()) do parts[#parts + 1] = ("%.3f"):format(value + 0) end
  end
  return lunette.sha256(table.concat(parts, " ")):sub(1, 12)
end

-- MARK: Which one

local function world_judge(model)
  local look = offered(model, "judge")
  if not look then return nil, ("the model '%s' brings no judge of its own pictures"):format(model.name) end
  -- Its weights are read when it first looks.
  local works, message = pcall(look, t.zeros{ 64, 64, 3 })
  if not works then return nil, ("the judge of '%s' does not work: %s"):format(model.name, message) end
  local name = ("%s's judge"):format(model.name)
  local identity = ("%s %s"):format(name, look.fingerprint():sub(1, 8))
  return setmetatable({ name = name, identity = identity, look = look, locates = true }, world_judge_meta)
end

local function clip_judge(clip, vocabulary, name, path)
  -- Whether a noun counts as there depends on what it is chosen among.
  local whose = path and "CLIP " .. path or "the model's own CLIP"
  local list = lunette.sha256(table.concat(vocabulary, "\0")):sub(1, 8)
  local identity = ("%s, zero-shot, of %d nouns (%s)"):format(whose, #vocabulary, list)
  return setmetatable({
    name = name, identity = identity, clip = clip, vocabulary = vocabulary, texts = {}, senses = {},
  }, clip_judge_meta)
end

--- Opens a judge: the model's own, or CLIP zero-shot.
-- @param opts vocabulary (nouns that CLIP chooses among), clip (a folder or a loaded CLIP; else the model's own), kind ("world"
--   or "clip"; else the first there is)
-- @return a judge with name, identity (what its answers are kept under), locates (whether it says where things are),
--   presence(picture, nouns) → list of { present, confidence, x, y, area }, sense(picture, noun, senses) → { sense = number or nil,
--   confidence }; or nil and what is missing
function judge.open(model, opts)
  opts = opts or {}
  if opts.kind ~= "clip" then
    local own, reason = world_judge(model)
    if own then return own end
    if opts.kind == "world" then return nil, reason end
  end
  local clip, name, path = opts.clip, "CLIP", nil
  if clip == nil or clip == "" then
    clip, name = model.clip, "own CLIP"
  elseif type(clip) == "string" then
    local loaded, reason = lunette.load_clip(clip)
    if not loaded then return nil, reason end
    clip, path = loaded, opts.clip
    name = "CLIP " .. (path:match("([^/]+)/*$") or path)
  end
  if not clip then
    return nil, "nobody can judge this model's pictures: name a CLIP in diffusers layout, --set clip=DIRECTORY"
  end
  return clip_judge(clip, opts.vocabulary or {}, name, path)
end

--- A judge that finds every noun, in the middle of the picture: for checks of what is measured besides.
function judge.credulous()
  return {
    name = "credulous", identity = "credulous", locates = true,
    presence = function(_, _, nouns)
      local answers = {}
      for i in ipairs(nouns) do answers[i] = { present = true, confidence = 1, x = 0.5, y = 0.5, area = 1 } end
      return answers
    end,
  }
end

return judge
