-- Whose prompts are attacked: short and long ones, each with a noun and a noise of its own.
local lunette = require "lunette"
local study = require "study"
local words = study.words
local prompts = {}

local function sorted_values(list)
  local values = {}
  for _, value in lunette.spairs(list) do values[#values + 1] = value end
  return values
end

local function contains(list, value)
  for _, each in ipairs(list or {}) do
    if each == value then return true end
  end
  return false
end

--- "a photo of a cat and a": the original's short prompt, which leaves the second place open.
function prompts.short(noun) return ("a photo of %s and a"):format(words.with_article(noun)) end

--- A descriptive sentence about one noun, in the language of the model's world where it has one.
-- @param number picks its colour and scene
function prompts.long(noun, number, world)
  if not world then
    local scenes = { "on a wooden table in a bright room", "on a beach under a cloudy sky", "in front of an old house" }
    return ("a photo of %s %s"):format(words.with_article(noun), scenes[(number - 1) % #scenes + 1])
  end
  local colours, scenes = {}, sorted_values(world.scenes)
  for colour in lunette.spairs(world.colours) do
    local held_out = false
    for _, pair in ipairs(world.held_out_adjectives or {}) do
      held_out = held_out or pair[1] == colour and pair[2] == noun
    end
    if not held_out then colours[#colours + 1] = colour end
  end
  local described = contains(world.describable, noun) and colours[(number - 1) % #colours + 1] .. " " .. noun or noun
  return ("a photo of %s %s"):format(words.with_article(described), scenes[(number - 1) % #scenes + 1])
end

--- The prompt with other words before it.
-- @param leads what stands in the place of "a photo of"
function prompts.rewordings(prompt, leads)
  local list = {}
  for i, lead in ipairs(leads) do list[i] = prompt:gsub("^a photo of", lead) end
  return list
end

--- Candidates in random order: { kind = "short" or "long", noun, prompt, rewordings (of it), seed (of the search's noise),
-- draw_seed (of its Gumbel draws, another one for each prompt) }.
-- @param opts nouns, kind, world, seed (of the order)
function prompts.candidates(opts)
  local list = {}
  local _, _, leads = prompts.templates(opts.world)
  for i, place in ipairs(lunette.tensor.randperm(#opts.nouns, { seed = opts.seed or 1 }):tolist()) do
    local noun = opts.nouns[math.tointeger(place)]
    local prompt = opts.kind == "short" and prompts.short(noun) or prompts.long(noun, i, opts.world)
    list[i] = {
      kind = opts.kind, noun = noun, prompt = prompt, rewordings = prompts.rewordings(prompt, leads), seed = i,
      draw_seed = opts.kind == "short" and 2 * i - 1 or 2 * i,
    }
  end
  return list
end

--- The part of a short prompt that stands by itself: "a photo of a cat and a" → "a photo of a cat".
function prompts.base(prompt) return (prompt:gsub("%s+and%s+an?%s*$", "")) end

--- What CLIP chooses among: the classes of a file, one on each line, then the nouns of the study, then those of the model's world
-- (unless the nouns were given).
-- @param known of study.words.of; `path` of the file, or ""
function prompts.classes(known, path)
  local list, has = {}, {}
  local function add(name)
    if name ~= "" and not has[name] then list[#list + 1], has[name] = name, true end
  end
  if path ~= "" then
    local file, why = io.open(path)
    if not file then error("the file of classes: " .. why:sub(-200), 0) end
    for line in file:lines() do add((line:gsub("^%s+", ""):gsub("%s+$", ""))) end
    file:close()
  end
  for _, noun in ipairs(known.nouns) do add(noun) end
  for _, noun in ipairs(known.source ~= "given" and known.world and known.world.nouns or {}) do add(noun) end
  return list
end

--- How a class is called in the search (`templates`), by CLIP beside it (`others`), and what else prompts may begin with (`leads`).
function prompts.templates(world)
  if world then
    return { "a photo of a {}", "a {}" }, { "a picture of a {}", "an emoji of a {}" }, { "a picture of", "an emoji of" }
  end
  return { "a photo of a {}", "a picture of a {}" }, { "an image of a {}", "a drawing of a {}" },
    { "an image of", "a drawing of" }
end

return prompts
